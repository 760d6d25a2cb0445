import { sealingKeyId } from "../../src/domain/sealing-key.ts";
import { type Restored, type RestoreRequest, restoring } from "../../src/store/restore.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { NOW } from "./conformance/scene.ts";
import { storeOptions } from "./open-sqlite.ts";

/** What a restore is asked for when a test has nothing to say about it: the key that `storeOptions` seals with is at hand. */
export function restoreRequest(dataDir: string, file: string, changes: Partial<RestoreRequest> = {}): RestoreRequest {
  const { secretKey } = storeOptions();
  const findKey = (keyId: string) =>
    secretKey instanceof Uint8Array && sealingKeyId(secretKey) === keyId ? secretKey : null;
  return { dataDir, file, findKey, random: createSeededRandom(3), now: NOW, ...changes };
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
