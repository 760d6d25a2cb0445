import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { POSTHORN } from "../../src/domain/audit.ts";
import { CANCELLED_BY_RESTORE } from "../../src/domain/delivery.ts";
import { backUp } from "../../src/store/backup.ts";
import { DELIVERED, NOW, retryIn, TENANT } from "./conformance/scene.ts";
import { backupOf, openScene, restore, restorePlace } from "./restore-request.ts";

const KEPT = "posthorn.db.replaced-20241230T100000Z";

test("a restore is in the audit log of what it puts in place", async () => {
  using here = restorePlace();
  const { dataDir, file } = here;
  await backupOf(here);
  restore(dataDir, file, { now: NOW + 5 });
  await using after = await openScene(dataDir);
  const { rows } = await after.store.listAudit(null, {}, { limit: 1, before: null });
  expect(rows).toMatchObject([{ at: NOW + 5, action: "database.restored", by: { kind: "command" }, tenant: null }]);
});

describe("a delivery that is pending in the backup", () => {
  test("goes on where the replaced database has come to, if it is pending there too", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    const before = await openScene(dataDir);
    const webhook = await before.webhook();
    const [untouched, tried] = [await before.delivery(), await before.delivery()];
    backUp({ dataDir, file });
    await before.settle(await before.claim(tried), retryIn(60_000));
    await before.store.close();

    expect(restore(dataDir, file).revival).toEqual({
      isCompared: true,
      goingOn: 2,
      cancelled: 0,
      returned: { keys: 0, webhooks: 0 },
    });
    await using after = await openScene(dataDir);
    const [first] = await after.store.seek({ webhook: webhook.key, isRetry: false, limit: 9 });
    const [retry] = await after.store.seek({ webhook: webhook.key, isRetry: true, limit: 9 });
    expect([first?.key, retry?.key, retry?.dueAt]).toEqual([untouched.key, tried.key, NOW + 60_000]);
    expect((await after.claim(tried)).attempts).toBe(1);
  });

  test("is cancelled if it was delivered since; the log says why, and it can be resent", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    const before = await openScene(dataDir);
    const webhook = await before.webhook();
    const claimed = await before.claimed();
    backUp({ dataDir, file });
    await before.settle(claimed, DELIVERED);
    await before.store.close();

    expect(restore(dataDir, file).revival).toMatchObject({ isCompared: true, goingOn: 0, cancelled: 1 });
    await using after = await openScene(dataDir);
    expect(await after.store.lanes()).toEqual([]);
    expect(await after.entry(webhook, claimed.deliveryId)).toMatchObject({
      state: "cancelled",
      error: CANCELLED_BY_RESTORE,
    });
    expect(await after.store.resend(webhook.key, claimed.deliveryId, after.id("delivery"), 1)).not.toBeNull();
  });

  test("is cancelled if its webhook was deleted since", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    const before = await openScene(dataDir);
    const { id } = await before.webhook();
    await before.delivery();
    backUp({ dataDir, file });
    await before.store.deleteWebhook(TENANT, id, 1, POSTHORN);
    await before.store.close();
    expect(restore(dataDir, file).revival).toMatchObject({ isCompared: true, goingOn: 0, cancelled: 1 });
  });

  test("is cancelled where there is no database to compare with", async () => {
    using here = restorePlace();
    using elsewhere = restorePlace();
    await backupOf(here);
    const { revival, keptPath } = restore(elsewhere.dataDir, here.file);
    expect({ revival, keptPath }).toEqual({
      revival: { isCompared: false, goingOn: 0, cancelled: 1, returned: { keys: 0, webhooks: 0 } },
      keptPath: null,
    });
    expect(readdirSync(elsewhere.dataDir).sort()).toEqual(["posthorn.db", "posthorn.lock"]);
  });

  test("goes on also when the way leads back from a newer version", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    await backupOf(here);
    using db = new Database(join(dataDir, "posthorn.db"));
    db.run("PRAGMA user_version = 999");
    db.close();
    expect(restore(dataDir, file).revival).toMatchObject({ isCompared: true, goingOn: 1, cancelled: 0 });
    await (await openScene(dataDir)).store.close();
  });

  test("is cancelled where the other database is another program's", async () => {
    using here = restorePlace();
    using elsewhere = restorePlace();
    await backupOf(here);
    mkdirSync(elsewhere.dataDir);
    const theirs = new Database(join(elsewhere.dataDir, "posthorn.db"), { create: true });
    theirs.run("CREATE TABLE deliveries (id)");
    theirs.close();
    expect(restore(elsewhere.dataDir, here.file).revival).toMatchObject({ isCompared: false, cancelled: 1 });
  });
});

describe("what a restore replaces", () => {
  test("is kept in one file, also when the last process was killed", async () => {
    using here = restorePlace();
    using killed = restorePlace();
    const { dataDir, file } = here;
    await using scene = await openScene(dataDir);
    await scene.webhook();
    backUp({ dataDir, file });
    await scene.ingest({ id: "after the backup" });
    cpSync(dataDir, killed.dataDir, { recursive: true });
    const { keptPath, wasDamaged } = restore(killed.dataDir, file);
    expect({ keptPath, wasDamaged }).toEqual({ keptPath: join(killed.dataDir, KEPT), wasDamaged: false });
    expect(readdirSync(killed.dataDir).sort()).toEqual(["posthorn.db", KEPT, "posthorn.lock"]);
    expect(eventIds(join(killed.dataDir, KEPT))).toEqual(["after the backup"]);
    expect(eventIds(join(killed.dataDir, "posthorn.db"))).toEqual([]);
  });

  test("is never overwritten, and can be put back", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    await backupOf(here);
    expect(restore(dataDir, file).keptPath).toBe(join(dataDir, KEPT));
    const again = restore(dataDir, join(dataDir, KEPT));
    expect(again.keptPath).toBe(join(dataDir, `${KEPT}-2`));
    expect(again.contents).toMatchObject({ webhooks: 1, pending: 1 });
  });

  test("is left as it is, log and all, when it is damaged", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    await backupOf(here);
    const [db, log] = [join(dataDir, "posthorn.db"), join(dataDir, "posthorn.db-wal")];
    writeFileSync(db, "nothing of a database");
    writeFileSync(log, "nor a log");
    expect(restore(dataDir, file)).toMatchObject({ wasDamaged: true, revival: { isCompared: false, cancelled: 1 } });
    expect(readFileSync(join(dataDir, KEPT), "utf8")).toBe("nothing of a database");
    expect(readFileSync(join(dataDir, `${KEPT}-wal`), "utf8")).toBe("nor a log");
    await (await openScene(dataDir)).store.close();
  });
});

test("a restored database has no sessions, and tells of keys that had been deleted", async () => {
  using here = restorePlace();
  const { dataDir, file } = here;
  const before = await openScene(dataDir);
  const key = before.newKey();
  await before.store.createKey(key, POSTHORN);
  await before.store.createSession({ hash: "a".repeat(64), keyHash: key.hash, expiresAt: 9_999_999_999_999 });
  backUp({ dataDir, file });
  await before.store.deleteKey(TENANT, key.id, { adminKeyIsConfigured: true, now: 1 }, POSTHORN);
  await before.store.close();
  expect(restore(dataDir, file).revival.returned.keys).toBe(1);
  await using after = await openScene(dataDir);
  expect(await after.store.findSession("a".repeat(64), 1)).toBeNull();
  expect(await after.store.findKey(key.hash)).not.toBeNull();
});

test("a restore tells of no key that has expired", async () => {
  using here = restorePlace();
  const { dataDir, file } = here;
  const before = await openScene(dataDir);
  const keys = [before.newKey({ expiresAt: NOW }), before.newKey({ expiresAt: NOW + 1 })];
  for (const key of keys) await before.store.createKey(key, POSTHORN);
  backUp({ dataDir, file });
  const options = { adminKeyIsConfigured: true, now: NOW };
  for (const { id } of keys) await before.store.deleteKey(TENANT, id, options, POSTHORN);
  await before.store.close();
  expect(restore(dataDir, file, { now: NOW }).revival.returned.keys).toBe(1);
});

test("a restore tells how many webhooks get events again that had been given up", async () => {
  using here = restorePlace();
  const { dataDir, file } = here;
  const before = await openScene(dataDir);
  const [deleted, turnedOff] = [await before.webhook(), await before.webhook()];
  await before.webhook();
  await before.webhook({ active: false });
  backUp({ dataDir, file });
  await before.store.deleteWebhook(TENANT, deleted.id, 1, POSTHORN);
  await before.store.updateWebhook(TENANT, turnedOff.id, { active: false }, 1, POSTHORN);
  await before.store.close();
  expect(restore(dataDir, file).revival.returned.webhooks).toBe(2);
});

function eventIds(path: string): readonly string[] {
  using db = new Database(path);
  return db
    .query<{ id: string }, []>("SELECT id FROM events")
    .all()
    .map(({ id }) => id);
}
