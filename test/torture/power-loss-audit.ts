import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { DataDir } from "../../src/data-dir.ts";
import { DATABASE_FILE, openWriting } from "../../src/store/sqlite/connection.ts";
import { inThreadLinks } from "../../src/store/sqlite/front/links.ts";
import { sealedWith } from "../../src/store/sqlite/key-check.ts";
import { createSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { ORPHANS } from "../support/kept-state.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import type { Fact } from "./power-loss-recording.ts";

/** What is wrong with what a loss of power left behind. */
export interface Verdict {
  /** Acknowledged, and not there. */
  readonly lost: readonly string[];
  /** Why it cannot be opened, or what does not fit together. */
  readonly corrupt: readonly string[];
}

/** Opens `dataDir` as the next start would, and compares it with what had been acknowledged. */
export async function audit(dataDir: string, facts: readonly Fact[]): Promise<Verdict> {
  try {
    const random = createSeededRandom(1);
    const path = join(dataDir, DATABASE_FILE);
    const secretKey = DataDir.open(dataDir).secretKey(sealedWith(path), null, random);
    const db = openWriting(path);
    try {
      const [lostEvents, corrupt] = [lostOf(db, facts), damageOf(db)];
      return { lost: [...lostEvents, ...(await lostWebhooks(db, secretKey, facts))], corrupt };
    } finally {
      db.close();
    }
  } catch (error) {
    return { lost: facts.length > 0 ? ["everything"] : [], corrupt: [String(error)] };
  }
}

function damageOf(db: Database): readonly string[] {
  const findings = db.query<{ integrity_check: string }, []>("PRAGMA integrity_check").all();
  const orphans = db.query<{ table: string }, []>(ORPHANS).all();
  const halves = db.query<{ id: string }, []>(
    "SELECT id FROM events WHERE deliveries <> (SELECT count(*) FROM deliveries WHERE event = events.seq)",
  );
  return [
    ...findings.map(({ integrity_check: finding }) => finding).filter((finding) => finding !== "ok"),
    ...orphans.map(({ table }) => `a row of ${table} refers to none`),
    ...halves.all().map(({ id }) => `${id} has not all of its deliveries`),
  ];
}

interface StoredEvent {
  readonly id: string;
  readonly body: string;
  readonly deliveries: number;
}

function lostOf(db: Database, facts: readonly Fact[]): readonly string[] {
  const rows = db.query<StoredEvent, []>("SELECT id, body, deliveries FROM events").all();
  const events = new Map(rows.map((row) => [row.id, row]));
  return facts.filter((fact) => fact.kind === "event" && !isKept(fact, events.get(fact.id))).map(nameOf);
}

function isKept({ data, deliveries }: Fact & { kind: "event" }, kept: StoredEvent | undefined): boolean {
  return kept !== undefined && kept.deliveries === deliveries && kept.body.includes(`"data":${data}`);
}

/** As the whole store sees them. @throws when it does not take what is there: a secret that its key does not open */
async function lostWebhooks(db: Database, secretKey: Uint8Array, facts: readonly Fact[]): Promise<readonly string[]> {
  const lost: string[] = [];
  const failures: Error[] = [];
  const store = await createSqliteStore({
    ...{ secretKey, random: createSeededRandom(2), clock: createFakeClock(), unlock: () => {} },
    onFatal: (error) => failures.push(error),
    ...inThreadLinks(db),
  });
  await store.recover(1);
  for (const id of idsOf("webhook", facts)) {
    const isThere = (await store.findWebhook("default", id)) !== null;
    const isWrong = isThere ? idsOf("deletion", facts).has(id) : !idsOf("deletion asked", facts).has(id);
    if (isWrong) lost.push(`webhook ${id}`);
  }
  await store.close();
  if (failures[0] !== undefined) throw failures[0];
  return lost;
}

function idsOf(kind: Fact["kind"], facts: readonly Fact[]): ReadonlySet<string> {
  return new Set(facts.filter((fact) => fact.kind === kind).map(({ id }) => id));
}

function nameOf({ kind, id }: Fact): string {
  return `${kind} ${id}`;
}
