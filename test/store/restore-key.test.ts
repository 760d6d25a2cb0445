import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sealingKeyId } from "../../src/domain/sealing-key.ts";
import { openStore } from "../../src/store/open.ts";
import { Sealer } from "../../src/store/sqlite/front/sealer.ts";
import { Rotation } from "../../src/store/sqlite/rotation.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { TENANT } from "./conformance/scene.ts";
import { storeOptions } from "./open-sqlite.ts";
import { backupOf, keysAtHand, restore, restorePlace } from "./restore-request.ts";

const EARLIER = storeOptions().secretKey;
const CURRENT = new Uint8Array(32).fill(8);
const IDS = { backupKeyId: sealingKeyId(EARLIER), currentKeyId: sealingKeyId(CURRENT) };

function rotate(dataDir: string): void {
  using rotation = new Rotation(dataDir);
  const random = createSeededRandom(5);
  rotation.reseal(new Sealer(EARLIER, random), new Sealer(CURRENT, random), 1);
}

async function secretsIn(dataDir: string, secretKey: Uint8Array): Promise<readonly string[]> {
  const store = await openStore(storeOptions({ dataDir, secretKey }));
  const { rows } = await store.listWebhooks(TENANT, { limit: 9, before: null });
  await store.close();
  return rows.map(({ secret }) => secret);
}

describe("a backup from before the sealing key was changed", () => {
  test("is sealed with the current key, and nothing of it with the earlier one", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    await backupOf(here);
    const secrets = await secretsIn(dataDir, EARLIER);
    rotate(dataDir);
    const { keyChange } = restore(dataDir, file, { keys: keysAtHand(EARLIER, CURRENT) });
    expect(keyChange).toEqual({ ...IDS, isResealed: true });
    expect(readFileSync(join(dataDir, "posthorn.db"), "latin1")).not.toContain(`v1.${IDS.backupKeyId}`);
    expect(await secretsIn(dataDir, CURRENT)).toEqual(secrets);
  });

  test("is sealed with the key for a new database where there is none to replace", async () => {
    using here = restorePlace();
    using elsewhere = restorePlace();
    await backupOf(here);
    const { keyChange } = restore(elsewhere.dataDir, here.file, { keys: keysAtHand(CURRENT, EARLIER) });
    expect(keyChange).toEqual({ ...IDS, isResealed: true });
    expect(await secretsIn(elsewhere.dataDir, CURRENT)).toHaveLength(1);
  });

  test("stays as it is where the current key is not at hand, which is told", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    await backupOf(here);
    rotate(dataDir);
    expect(restore(dataDir, file).keyChange).toEqual({ ...IDS, isResealed: false });
    expect(await secretsIn(dataDir, EARLIER)).toHaveLength(1);
  });

  test("is refused, and the current database stays, when its key does not open all that it holds", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    await backupOf(here);
    rotate(dataDir);
    using backup = new Database(file);
    backup.run("UPDATE webhooks SET secrets = replace(secrets, '.', ',')");
    backup.close();
    const refused = () => restore(dataDir, file, { keys: keysAtHand(EARLIER, CURRENT) });
    expect(refused).toThrow(/backup\.db holds a webhook whose secret or headers its own key does not open\.$/);
    expect(await secretsIn(dataDir, CURRENT)).toHaveLength(1);
  });
});

test("a backup that is sealed with the current key stays as it is", async () => {
  using here = restorePlace();
  await backupOf(here);
  expect(restore(here.dataDir, here.file).keyChange).toBeNull();
});
