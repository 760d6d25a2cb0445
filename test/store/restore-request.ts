import { Database } from "bun:sqlite";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealingKeyId } from "../../src/domain/sealing-key.ts";
import { backUp } from "../../src/store/backup.ts";
import { openStore } from "../../src/store/open.ts";
import { type Restored, type RestoreRequest, restoring } from "../../src/store/restore.ts";
import type { KeysAtHand } from "../../src/store/sqlite/backup-seal.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { NOW, Scene } from "./conformance/scene.ts";
import { storeOptions, temporaryDirectory } from "./open-sqlite.ts";

/** What a restore is asked for when a test has nothing to say about it: the key that `storeOptions` seals with is at hand. */
export function restoreRequest(dataDir: string, file: string, changes: Partial<RestoreRequest> = {}): RestoreRequest {
  const keys = keysAtHand(storeOptions().secretKey);
  return { dataDir, file, enter: () => {}, keys, random: createSeededRandom(3), now: NOW, ...changes };
}

/** The first one is the current. */
export function keysAtHand(...keys: readonly Uint8Array[]): KeysAtHand {
  return { find: (keyId) => keys.find((key) => sealingKeyId(key) === keyId) ?? null, current: () => keys[0] ?? null };
}

/** Does all of its steps. */
export function restore(dataDir: string, file: string, changes: Partial<RestoreRequest> = {}): Restored {
  const steps = restoring(restoreRequest(dataDir, file, changes));
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The sentence of each step, in order. */
export function stepsOf(dataDir: string, file: string): readonly string[] {
  return [...restoring(restoreRequest(dataDir, file))];
}

/** A data directory, and a place for its backup. */
export function restorePlace() {
  const directory = temporaryDirectory();
  const dataDir = join(directory.path, "data");
  return { dataDir, file: join(directory.path, "backup.db"), [Symbol.dispose]: directory[Symbol.dispose] };
}

/** A store with short ways to fill it. */
export async function openScene(dataDir: string) {
  const store = await openStore(storeOptions({ dataDir }));
  return Object.assign(new Scene(store), { [Symbol.asyncDispose]: () => store.close() });
}

/** Changes a letter of the only event's id in its index, so that no page looks damaged, but the index and the table differ. */
export function partIndex(path: string): void {
  using db = new Database(path, { readonly: true });
  const { id } = db.query<{ id: string }, []>("SELECT id FROM events").get() ?? { id: "" };
  const bytes = readFileSync(path);
  bytes.write("~", bytes.lastIndexOf(id));
  writeFileSync(path, bytes);
}

/** A backup with one webhook and one delivery that is pending. */
export async function backupOf({ dataDir, file }: { readonly dataDir: string; readonly file: string }): Promise<void> {
  await using scene = await openScene(dataDir);
  await scene.webhook();
  await scene.delivery();
  backUp({ dataDir, file });
}
