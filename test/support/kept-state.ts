import { Database } from "bun:sqlite";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import type { DeliveryState } from "../../src/domain/delivery.ts";
import { formatId } from "../../src/domain/ids.ts";
import { emptyPlace } from "./place.ts";

/** What a process that has ended left on the disk. */
export interface KeptState {
  /** What SQLite finds wrong with the file. */
  readonly damage: readonly string[];
  /** The number of the last migration. */
  readonly schema: number;
  /** Type by id. */
  readonly events: ReadonlyMap<string, string>;
  readonly deliveries: readonly KeptDelivery[];
}

export interface KeptDelivery {
  readonly id: string;
  readonly event: string;
  readonly webhook: string;
  readonly state: DeliveryState;
  /** Finished and counted. */
  readonly attempts: number;
  /** Rows that attempts left. */
  readonly attemptRows: number;
  readonly dueAt: number | null;
}

/** Reads a copy: opening the database itself would tidy up behind the crash, and the next start must do that alone. */
export function keptState(dataDir: string): KeptState {
  using copy = emptyPlace();
  for (const name of ["posthorn.db", "posthorn.db-wal"]) {
    if (existsSync(join(dataDir, name))) cpSync(join(dataDir, name), join(copy.path, name));
  }
  using db = new Database(join(copy.path, "posthorn.db"));
  return { damage: damageOf(db), schema: schemaOf(db), events: eventsOf(db), deliveries: deliveriesOf(db) };
}

function damageOf(db: Database): readonly string[] {
  const integrity = db.query<{ integrity_check: string }, []>("PRAGMA integrity_check").all();
  const orphans = db.query<{ table: string }, []>(ORPHANS).all();
  return [
    ...integrity.map(({ integrity_check: finding }) => finding).filter((finding) => finding !== "ok"),
    ...orphans.map(({ table }) => `a row of ${table} refers to none`),
  ];
}

function schemaOf(db: Database): number {
  return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}

/** The keys of attempts are made of their deliveries', which SQLite does not know. */
export const ORPHANS = `
  SELECT "table" FROM pragma_foreign_key_check
  UNION ALL SELECT 'attempts' FROM attempts WHERE delivery NOT IN (SELECT seq FROM deliveries)`;

function eventsOf(db: Database): KeptState["events"] {
  const rows = db.query<{ id: string; type: string }, []>("SELECT id, type FROM events").all();
  return new Map(rows.map(({ id, type }) => [id, type]));
}

type DeliveryRow = Omit<KeptDelivery, "id" | "webhook"> & { readonly id: Uint8Array; readonly webhook: Uint8Array };

const DELIVERIES = `
  SELECT deliveries.id, events.id AS event, webhooks.id AS webhook, state, attempts, due_at AS dueAt,
    (SELECT count(*) FROM attempts WHERE attempts.seq BETWEEN deliveries.seq * 256 AND deliveries.seq * 256 + 255) AS attemptRows
  FROM deliveries JOIN events ON events.seq = event JOIN webhooks ON webhooks.seq = webhook`;

function deliveriesOf(db: Database): readonly KeptDelivery[] {
  const rows = db.query<DeliveryRow, []>(DELIVERIES).all();
  return rows.map((row) => ({
    ...row,
    id: formatId("delivery", row.id),
    webhook: formatId("webhook", row.webhook),
  }));
}
