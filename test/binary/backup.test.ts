import { Database } from "bun:sqlite";
import { beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace, type Place } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

test("a backup of a running Posthorn, with its secret.key, goes on where it was: keys, secrets, and what was pending", async () => {
  using place = emptyPlace();
  await using receiver = startReceiver(() => Promise.withResolvers<number>().promise);
  await using original = await startBinary(place, LOOPBACK_ALLOWED);
  const webhook = { url: `${receiver.origin}/hook`, events: ["*"], secret: "your_webhook_secret" };
  const { data } = await original.api<{ id: string }>("POST", "/api/webhooks", webhook);
  await original.api("POST", "/api/events", { type: "resume.created", data: { n: 1 } });
  const first = await receiver.next("the request that is under way during the backup");
  using elsewhere = emptyPlace();
  backUp(place, elsewhere);

  receiver.become([200]);
  await using restored = await startBinary(elsewhere, { ...LOOPBACK_ALLOWED, POSTHORN_ADMIN_KEY: "a".repeat(32) });
  expect((await receiver.next("the request from the restored one")).body).toBe(first.body);
  await nothingPending(restored);
  expect(await secretOf(restored, data.id)).toBe(webhook.secret);
  expect((await statusWith(restored, original.adminKey)).status).toBe(200);
  expect(journalMode(elsewhere)).toBe("wal");
});

/** The README's command, by SQLite itself. */
function backUp(from: Place, to: Place): void {
  mkdirSync(to.dataDir);
  using db = new Database(join(from.dataDir, "posthorn.db"));
  db.query("VACUUM INTO ?").run(join(to.dataDir, "posthorn.db"));
  cpSync(join(from.dataDir, "secret.key"), join(to.dataDir, "secret.key"));
}

async function secretOf(posthorn: Binary, webhook: string): Promise<string> {
  return (await posthorn.api<{ secret: string }>("GET", `/api/webhooks/${webhook}/secret`)).data.secret;
}

function statusWith({ url }: Binary, key: string): Promise<Response> {
  return fetch(`${url}/api/keys`, { headers: { Authorization: `Bearer ${key}` } });
}

function journalMode({ dataDir }: Place): unknown {
  using db = new Database(join(dataDir, "posthorn.db"), { readonly: true });
  return db.query<{ journal_mode: string }, []>("PRAGMA journal_mode").get()?.journal_mode;
}
