import { expect, test } from "bun:test";
import { ReadTurns } from "../../src/http/read-turns.ts";
import { READS_WAITING_MAX } from "../../src/limits.ts";
import type { Store } from "../../src/store/contract.ts";
import { ADMIN_KEY, type HttpApp, startHttpApp } from "../support/http-app.ts";

/** Reads that are under way until they are let go, and what became of their turns. */
function gatedTurns() {
  const turns = new ReadTurns();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (tenant: string, name: string) =>
    turns.take(tenant, async () => {
      begun.push(name);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.push(resolve);
      await promise;
    });
  const endOne = async () => {
    ends.shift()?.();
    await settled();
  };
  return { ask, endOne, begun };
}

/** What promises alone can bring about has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("however many reads of one tenant wait, one of another waits only for that which is under way", async () => {
  const { ask, endOne, begun } = gatedTurns();
  const asked = [ask("many", "many-0"), ...Array.from({ length: 300 }, (_, n) => ask("many", `many-${n + 1}`))];
  asked.push(ask("few", "few-0"), ask("few", "few-1"), ask("third", "third-0"));
  await settled();
  expect(begun).toEqual(["many-0"]);
  for (let ended = 0; ended < asked.length; ended++) await endOne();
  await Promise.all(asked);
  expect(begun.slice(0, 6)).toEqual(["many-0", "few-0", "third-0", "many-1", "few-1", "many-2"]);
  expect(begun).toBeArrayOfSize(asked.length);
});

test("a read that fails gives the turn on, and what it failed of is told", async () => {
  const turns = new ReadTurns();
  const failed = turns.take("one", () => Promise.reject(new Error("no luck")));
  const next = turns.take("one", async () => "read");
  expect(await Promise.allSettled([failed, next])).toMatchObject([
    { status: "rejected", reason: { message: "no luck" } },
    { status: "fulfilled", value: "read" },
  ]);
  expect(await turns.take("other", () => "read too")).toBe("read too");
});

/** An app whose webhooks are not listed before `open` is called. */
async function gatedApp() {
  const gate = Promise.withResolvers<void>();
  const listed: string[] = [];
  const wrap = (store: Store): Store => ({
    ...store,
    async listWebhooks(tenant, page) {
      listed.push(tenant);
      await gate.promise;
      return store.listWebhooks(tenant, page);
    },
  });
  return { app: await startHttpApp({ wrap }), listed, open: gate.resolve };
}

function listWebhooks(app: HttpApp, tenant: string) {
  return app.call("GET", "/api/webhooks", { headers: { "X-Tenant": tenant } });
}

test("a tenant with too many reads that wait is refused more, and no other one is, nor what writes", async () => {
  const { app, open } = await gatedApp();
  await using _ = app;
  const waiting = Array.from({ length: READS_WAITING_MAX / 2 + 1 }, () => listWebhooks(app, "many"));
  const refused = await listWebhooks(app, "many");
  expect([refused.status, refused.at("error.code"), refused.headers.get("retry-after")]).toEqual([
    429,
    "too_many_reads",
    "1",
  ]);
  const event = { type: "resume.created", data: {} };
  expect((await app.call("POST", "/api/events", { body: event, headers: { "X-Tenant": "many" } })).status).toBe(202);
  const body = { url: "https://example.com/hook", events: ["*"] };
  const made = await app.call("POST", "/api/webhooks", { body });
  const path = `/api/webhooks/${made.textAt("data.id")}`;
  expect((await app.call("PUT", path, { body: { active: false } })).status).toBe(200);
  expect((await app.call("GET", "/health")).status).toBe(200);
  const others = listWebhooks(app, "few");
  open();
  expect((await others).status).toBe(200);
  expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([200]));
  expect((await listWebhooks(app, "many")).status).toBe(200);
});

test("what a client asked for that has gone before its turn is not read", async () => {
  const { app, listed, open } = await gatedApp();
  await using _ = app;
  const first = listWebhooks(app, "first");
  const client = new AbortController();
  const headers = { Authorization: `Bearer ${ADMIN_KEY}`, "X-Tenant": "gone" };
  const gone = app.api.fetch(new Request("http://localhost/api/webhooks", { headers, signal: client.signal }));
  const last = listWebhooks(app, "last");
  client.abort();
  open();
  expect([(await first).status, (await gone).status, (await last).status]).toEqual([200, 499, 200]);
  expect([listed, app.faults]).toEqual([["first", "last"], []]);
});
