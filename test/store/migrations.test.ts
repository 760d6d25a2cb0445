import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { POSTHORN } from "../../src/domain/audit.ts";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { firstSchemaRows, intoFirstSchema } from "../support/first-schema.ts";
import { DELIVERED, EXHAUSTED, GONE, NOW, retryIn, Scene, TENANT } from "./conformance/scene.ts";
import { storeOptions, temporaryDirectory } from "./open-sqlite.ts";
import { openScene, restore, restorePlace } from "./restore-request.ts";

const ALL = { limit: 200, before: null };
const SECRET = "whsec_of-the-first-release";

/** Something of everything that the first schema can hold. */
async function fill(store: Store): Promise<{ readonly id: string }> {
  const scene = new Scene(store);
  const webhook = await scene.webhook({ secret: SECRET, headers: [["X-Token", "t0p"]], retryScheduleMs: [1_000] });
  await scene.settled(DELIVERED);
  await scene.settled(EXHAUSTED);
  await scene.settled(retryIn(5_000));
  await scene.delivery();
  const gone = await scene.webhook({ url: "https://gone.example", tenant: "other" });
  await scene.settled(GONE, { tenant: "other" });
  await store.deleteWebhook("other", gone.id, NOW, POSTHORN);
  const key = scene.newKey({ expiresAt: NOW + 1_000 });
  await store.createKey(key, POSTHORN);
  await store.createSession({ hash: "of the session", keyHash: key.hash, expiresAt: NOW + 500 });
  return webhook;
}

function schemaOf(dataDir: string) {
  using db = new Database(join(dataDir, "posthorn.db"));
  const tables = db.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const { user_version: version } = Object(db.query("PRAGMA user_version").get());
  const damage = db.query("PRAGMA integrity_check").all();
  return { version, damage, hasAudit: tables.some(({ name }) => name === "audit") };
}

const SOUND = [{ integrity_check: "ok" }];

test("a backup of the first schema is restored and brought up to date", async () => {
  using here = restorePlace();
  await using before = await openScene(here.dataDir);
  await fill(before.store);
  await before.store.close();
  const rows = firstSchemaRows(here.dataDir);
  intoFirstSchema(here.dataDir);
  renameSync(join(here.dataDir, "posthorn.db"), here.file);

  restore(here.dataDir, here.file);
  expect(firstSchemaRows(here.dataDir)["webhooks"]).toEqual(rows["webhooks"]);
  await using after = await openScene(here.dataDir);
  expect((await after.store.listAudit(null, {}, ALL)).rows).toMatchObject([{ action: "database.restored" }]);
});

test("a database of the first schema is brought up to date at the next start, with every row as it was", async () => {
  using directory = temporaryDirectory();
  const open = () => openStore(storeOptions({ dataDir: directory.path }));
  const first = await open();
  const { id } = await fill(first);
  const [webhooks, stats] = [await first.listWebhooks(TENANT, ALL), await first.stats()];
  await first.close();
  const rows = firstSchemaRows(directory.path);
  for (const table of Object.values(rows)) expect(table).not.toBeEmpty();

  intoFirstSchema(directory.path);
  expect(schemaOf(directory.path)).toEqual({ version: 1, damage: SOUND, hasAudit: false });
  expect(firstSchemaRows(directory.path)).toEqual(rows);

  const store = await open();
  expect(firstSchemaRows(directory.path)).toEqual(rows);
  expect(await store.listWebhooks(TENANT, ALL)).toEqual(webhooks);
  expect(await store.stats()).toMatchObject({ webhooks: stats.webhooks, pending: stats.pending });
  expect((await store.listAudit(null, {}, ALL)).rows).toEqual([]);
  expect(await store.readSecret(TENANT, id, NOW, POSTHORN)).toBe(SECRET);
  await store.close();
  expect(schemaOf(directory.path)).toMatchObject({ damage: SOUND, hasAudit: true });

  const again = await open();
  expect((await again.listAudit(null, {}, ALL)).rows).toMatchObject([{ action: "secret.read", target: { id } }]);
  await again.close();
});
