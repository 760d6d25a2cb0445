import { beforeAll, expect, test } from "bun:test";
import { type Binary, LOOPBACK_ALLOWED, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace } from "../support/place.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

interface Entry {
  readonly changes: readonly { readonly from: unknown; readonly to: unknown }[];
}

const WEBHOOK = { url: "http://127.0.0.1:3000/hook", events: ["*"] };
const CHANGES = 20;

test("the key of the first start is told as Posthorn's own, and what is done with it as that key's", async () => {
  using place = emptyPlace();
  await using posthorn = await startBinary(place, LOOPBACK_ALLOWED);
  const { data: made, headers } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", WEBHOOK);
  const { data } = await posthorn.api("GET", "/api/audit");
  expect(data).toMatchObject([
    {
      ...{ action: "webhook.created", tenant: "default", request_id: headers.get("x-request-id") },
      ...{ actor: { type: "key", name: "admin.key", scope: "admin", via: "key" }, target: { id: made.id } },
    },
    { action: "key.created", tenant: null, actor: { type: "posthorn" }, target: { name: "admin.key" } },
  ]);
});

test("after a kill -9 each change has its entry and each entry its change, and what was answered is among them", async () => {
  using place = emptyPlace();
  await using first = await startBinary(place, LOOPBACK_ALLOWED);
  const { data: made } = await first.api<{ id: string }>("POST", "/api/webhooks", WEBHOOK);
  const answered = { changes: 0 };
  const changing = changeOn(first, made.id, answered);
  await until("changes are answered", () => answered.changes >= CHANGES);
  first.signal("SIGKILL");
  await changing;
  await first.ended;

  await using second = await startBinary(place, LOOPBACK_ALLOWED);
  const { data: now } = await second.api<{ description: string }>("GET", `/api/webhooks/${made.id}`);
  const path = `/api/audit?webhook_id=${made.id}&action=webhook.updated&limit=200`;
  const { data: entries } = await second.api<readonly Entry[]>("GET", path);
  const chain = entries.flatMap(({ changes }) => changes);
  expect(chain[0]?.to).toBe(now.description);
  expect(chain.slice(0, -1).map(({ from }) => from)).toEqual(chain.slice(1).map(({ to }) => to));
  expect(Number(now.description)).toBeGreaterThanOrEqual(answered.changes);
});

/** One change after the other, until nobody answers. */
async function changeOn({ api }: Binary, id: string, answered: { changes: number }): Promise<void> {
  for (;;) {
    const description = String(answered.changes + 1);
    const told = await api("PUT", `/api/webhooks/${id}`, { description }).catch(() => null);
    if (told === null) return;
    expect(told.status).toBe(200);
    answered.changes += 1;
  }
}
