import { beforeAll, expect, test } from "bun:test";
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

const WEBHOOKS = 5;
/** What it takes to change a key: its files are written and renamed, the database is written, its log emptied and removed. */
const CHANGES = ["content", "rename", "write", "truncate", "sync", "sync-directory", "unlink"] as const;
const problem = shimProblem();

test.skipIf(problem !== null)(
  `wherever the power fails in a rotation of the sealing key, the next start has the key of everything${problem === null ? "" : ` (${problem})`}`,
  async () => {
    using place = emptyPlace();
    const facts = await webhooksIn(place);
    const { before, changes } = await rotationIn(place);
    expect(new Set(changes.map(({ kind }) => kind))).toEqual(new Set(CHANGES));
    const random = createSeededRandom(chosenSeed());
    process.stdout.write(`power loss in a rotation: ${changes.length} changes, SEED=${random.seed} repeats this run\n`);
    using image = fleetingPlace();
    const disk = new MortalDisk();
    for (const record of before) disk.take(record);
    for (const [index, record] of changes.entries()) {
      disk.take(record);
      for (const fate of FATES) {
        disk.writeImage(image.dataDir, fate, random);
        const verdict = await audit(image.dataDir, facts);
        expect({ index, record: record.kind, fate, ...verdict }).toMatchObject({ lost: [], corrupt: [] });
      }
    }
  },
  30_000,
);

async function webhooksIn(place: Place): Promise<readonly Fact[]> {
  await using posthorn = await startBinary(place);
  const facts: Fact[] = [];
  for (let n = 0; n < WEBHOOKS; n++) {
    const webhook = { url: `https://receiver.example/${n}`, events: ["*"], headers: { "X-Token": `token ${n}` } };
    const { data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook);
    facts.push({ kind: "webhook", id: data.id });
  }
  posthorn.signal("SIGTERM");
  await posthorn.ended;
  return facts;
}

/** What was on the disk before it, and every change that it made. */
async function rotationIn(place: Place): Promise<{ before: readonly LogRecord[]; changes: readonly LogRecord[] }> {
  using log = new WriteLog(place.path);
  log.snapshot(place.dataDir);
  const before = log.records();
  const end = await runBinary(["rotate-secret-key"], { place, env: log.settings(place.dataDir) });
  expect(end).toMatchObject({ exitCode: 0, error: "" });
  return { before, changes: log.records().slice(before.length) };
}
