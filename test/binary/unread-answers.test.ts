import { beforeAll, expect, test } from "bun:test";
import { type Binary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace } from "../support/place.ts";
import { until } from "../support/until.ts";
import { openWire, type Wire } from "../support/wire.ts";
import { MemoryWatch } from "../torture/memory-watch.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const MB = 1_024 * 1_024;
const LONG_BYTES = 4 * MB;
const SETTINGS = { POSTHORN_MAX_EVENT_SIZE: "16MB" };
const CLIENTS = 250;

/** What a test says as a tenant, with the admin key. */
function speakAs(tenant: string, { url, adminKey }: Binary) {
  const headers = { Authorization: `Bearer ${adminKey}`, "X-Tenant": tenant, "Content-Type": "application/json" };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return {
    post: (id: string) => {
      const body = JSON.stringify({ type: "resume.created", id, data: { long: "x".repeat(LONG_BYTES) } });
      return fetch(`${url}/api/events`, { method: "POST", headers, body });
    },
    read: (id: string) => fetch(`${url}/api/events/${id}`, { headers }),
    /** As a client that takes nothing of the answer. */
    ask(id: string): Wire {
      const wire = openWire(Number(new URL(url).port), { pauses: true });
      wire.write(`GET /api/events/${id} HTTP/1.1\r\nHost: a\r\n${head.join("")}\r\n`);
      return wire;
    },
  };
}

/** How many GETs were answered, by their status. */
async function answered({ url, adminKey }: Binary): Promise<ReadonlyMap<string, number>> {
  const metrics = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${adminKey}` } });
  const lines = (await metrics.text()).matchAll(
    /^posthorn_http_requests_total\{method="GET",status="(\d+)"\} (\d+)$/gm,
  );
  return new Map([...lines].map(([, status = "", count]) => [status, Number(count)]));
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

test.skipIf(process.platform !== "linux")(
  "a crowd that reads nothing of long answers fills no memory, another tenant reads its own, and so do they when it has gone (needs /proc)",
  async () => {
    using place = emptyPlace();
    await using posthorn = await startBinary(place, SETTINGS);
    const [crowd, other] = [speakAs("crowd", posthorn), speakAs("other", posthorn)];
    expect([(await crowd.post("long")).status, (await other.post("its-own")).status]).toEqual([202, 202]);
    await (await other.read("its-own")).text();
    const memory = new MemoryWatch(posthorn.pid);
    const before = memory.residentMb;
    const wires = Array.from({ length: CLIENTS }, () => crowd.ask("long"));
    const counts = await until("all of the crowd is answered", async () => {
      const now = await answered(posthorn);
      return sum(now) > CLIENTS && now;
    });
    expect(counts.get("429")).toBeGreaterThan(CLIENTS / 4);
    const read = await other.read("its-own");
    expect([read.status, (await read.text()).length > LONG_BYTES]).toEqual([200, true]);
    expect((await crowd.read("long")).status).toBe(429);
    // About 300 MB, nearly all of which was needed only for making the answers; and all of them unread would be 1,000 MB.
    expect(memory.peakMb - before).toBeLessThan((0.6 * CLIENTS * LONG_BYTES) / MB);
    for (const wire of wires) wire[Symbol.dispose]();
    await until("the crowd can read again", async () => {
      const again = await crowd.read("long");
      return (await again.text()).length > LONG_BYTES && again.status === 200;
    });
  },
  30_000,
);

test("what is asked for by clients that go at once is not read", async () => {
  using place = emptyPlace();
  await using posthorn = await startBinary(place, SETTINGS);
  const crowd = speakAs("crowd", posthorn);
  expect((await crowd.post("long")).status).toBe(202);
  const wires = Array.from({ length: CLIENTS }, () => crowd.ask("long"));
  await until("some of it is read", async () => sum(await answered(posthorn)) > 0);
  for (const wire of wires) wire[Symbol.dispose]();
  await until("the rest is left out", async () => (await answered(posthorn)).get("499") ?? false);
  expect((await fetch(`${posthorn.url}/readyz`)).status).toBe(200);
}, 30_000);
