import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { clearUpRestore } from "../../src/store/replacement.ts";
import { inspect } from "../../src/store/sqlite/inspection.ts";
import { runBinary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace, fleetingPlace, type Place } from "../support/place.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { shimProblem } from "../support/shim.ts";
import { type LogRecord, WriteLog } from "../support/write-log.ts";
import { audit } from "./power-loss-audit.ts";
import { FATES, MortalDisk } from "./power-loss-disk.ts";
import type { Fact } from "./power-loss-recording.ts";
import { chosenSeed } from "./suite.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

/** Of the backup, and of the database that it replaces. */
const [OLD_WEBHOOKS, NEW_WEBHOOKS] = [2, 5];
/** What it takes: the copy is written, the old database gets a second name, and the copy its first one. */
const CHANGES = ["content", "link", "rename", "write", "truncate", "sync", "sync-directory", "unlink"] as const;
const problem = shimProblem();

test.skipIf(problem !== null)(
  `wherever the power fails in a restore, one of the two databases is in place in full${problem === null ? "" : ` (${problem})`}`,
  async () => {
    using place = emptyPlace();
    const kept = await twoDatabasesIn(place);
    const { before, changes } = await restoreIn(place);
    expect(new Set(changes.map(({ kind }) => kind))).toEqual(new Set(CHANGES));
    const random = createSeededRandom(chosenSeed());
    process.stdout.write(`power loss in a restore: ${changes.length} changes, SEED=${random.seed} repeats this run\n`);
    using image = fleetingPlace();
    const disk = new MortalDisk();
    for (const record of before) disk.take(record);
    const inPlace: number[] = [];
    for (const [index, record] of changes.entries()) {
      disk.take(record);
      for (const fate of FATES) {
        disk.writeImage(image.dataDir, fate, random);
        clearUpRestore(image.dataDir);
        const verdict = await audit(image.dataDir, kept);
        expect({ index, record, fate, ...verdict }).toMatchObject({ lost: [], corrupt: [] });
        inPlace.push(webhooksIn(image.dataDir));
      }
    }
    expect(new Set(inPlace)).toEqual(new Set([NEW_WEBHOOKS, OLD_WEBHOOKS]));
    expect(inPlace.at(-1)).toBe(OLD_WEBHOOKS);
  },
  60_000,
);

/** A backup with the first webhooks, and a database with more of them that a killed server leaves. The first ones are in both. */
async function twoDatabasesIn(place: Place): Promise<readonly Fact[]> {
  await using posthorn = await startBinary(place);
  const facts: Fact[] = [];
  for (let n = 0; n < NEW_WEBHOOKS; n++) {
    if (n === OLD_WEBHOOKS) expect(await runBinary(["backup", "made"], { place })).toMatchObject({ exitCode: 0 });
    const webhook = { url: `https://receiver.example/${n}`, events: ["*"] };
    const { data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook);
    if (n < OLD_WEBHOOKS) facts.push({ kind: "webhook", id: data.id });
  }
  posthorn.signal("SIGKILL");
  await posthorn.ended;
  return facts;
}

/** What was on the disk before it, and every change that it made. */
async function restoreIn(place: Place): Promise<{ before: readonly LogRecord[]; changes: readonly LogRecord[] }> {
  using log = new WriteLog(place.path);
  log.snapshot(place.dataDir);
  const before = log.records();
  const end = await runBinary(["restore", "made"], { place, env: log.settings(place.dataDir) });
  expect(end).toMatchObject({ exitCode: 0, error: "" });
  return { before, changes: log.records().slice(before.length) };
}

function webhooksIn(dataDir: string): number {
  const inspection = inspect(join(dataDir, "posthorn.db"));
  return inspection.isSound ? inspection.contents.webhooks : 0;
}
