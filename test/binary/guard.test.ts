import { beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { POSTHORN } from "../../src/domain/audit.ts";
import { wireBody } from "../../src/domain/event.ts";
import { newId } from "../../src/domain/ids.ts";
import { createRealWorld } from "../../src/real/world.ts";
import { openStore } from "../../src/store/open.ts";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { countConnections } from "../support/connection-counter.ts";
import { emptyPlace, type Place } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";
import { SSRF_CASES } from "../support/ssrf-cases.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

/** What a name resolves to is told by a table elsewhere; here nobody is asked. */
const REFUSED = SSRF_CASES.filter((each) => each.expect === "refuse" && each.dns === undefined && !each.redirect);
/** Whatever the URLs of the corpus name, and what they mean when they name none. */
const PORTS = new Set([80, 443, ...REFUSED.flatMap(({ url }) => Number(URL.parse(url)?.port) || [])]);

test("URLs written straight into the database are judged when they are sent to: every delivery fails, no connection is opened", async () => {
  using place = emptyPlace();
  await servedOnce(place);
  await writeRows(
    place,
    REFUSED.map(({ url }) => url),
  );
  using counter = countConnections(PORTS);
  await expectCounting(counter);
  const before = counter.connections;

  await using posthorn = await startBinary(place);
  await nothingPending(posthorn);
  const entries = await everyEntry(posthorn);
  expect(entries).toHaveLength(REFUSED.length);
  const passed = entries.filter(({ status, error }) => status !== "failed" || !error?.startsWith("URL blocked: "));
  expect(passed).toEqual([]);
  expect(counter.connections).toBe(before);
  process.stdout.write(
    `${REFUSED.length} refused URLs, ${PORTS.size - counter.missed.length} ports watched, 0 connections\n`,
  );
});

test("a redirect to a refused address, or to an allowed one, is not followed", async () => {
  using place = emptyPlace();
  await using target = startReceiver();
  const locations = [`${target.origin}/elsewhere`, `http://[::1]:${target.port}/`, "http://169.254.169.254/"];
  await using receiver = startReceiver((_, n) => ({
    status: 302,
    headers: { Location: locations[n % locations.length] ?? "" },
  }));
  await using posthorn = await startBinary(place, { ...LOOPBACK_ALLOWED, POSTHORN_RETRY_SCHEDULE: "100ms,100ms" });
  const webhook = { url: `${receiver.origin}/hook`, events: ["*"] };
  expect((await posthorn.api("POST", "/api/webhooks", webhook)).status).toBe(201);
  await posthorn.api("POST", "/api/events", { type: "resume.created", data: {} });
  await nothingPending(posthorn);
  expect(await everyEntry(posthorn)).toMatchObject([{ status: "failed", status_code: 302, attempts: 3 }]);
  expect([receiver.requests.length, target.requests.length]).toEqual([3, 0]);
});

async function servedOnce(place: Place): Promise<void> {
  await using posthorn = await startBinary(place);
  posthorn.signal("SIGTERM");
  await posthorn.ended;
}

/** A webhook for each URL and one event for all of them, by the store itself: nothing judges what it is given. */
async function writeRows({ dataDir }: Place, urls: readonly string[]): Promise<void> {
  const { clock, random } = createRealWorld({ openFilesMax: null });
  const secretKey = Buffer.from(readFileSync(join(dataDir, "secret.key"), "utf8"), "base64");
  const onFatal = (error: Error) => {
    throw error;
  };
  const store = await openStore({ dataDir, secretKey, random, clock, onFatal });
  const createdAt = Math.floor(clock.wall() / 1_000) * 1_000;
  const id = (prefix: "webhook" | "event" | "delivery") => newId(prefix, clock.wall(), random.bytes(10));
  const common = { tenant: "default", events: ["*"], secret: "your_webhook_secret", active: true, createdAt };
  const defaults = { description: null, retryScheduleMs: null, timeoutMs: null, headers: [], urlPassed: false };
  await Promise.all(
    urls.map((url) => store.createWebhook({ ...common, ...defaults, id: id("webhook"), url }, POSTHORN, urls.length)),
  );
  const parts = { id: id("event"), type: "resume.created", createdAt, apiVersion: "2024-12-30" };
  const body = wireBody(parts, "{}");
  await store.ingest({ ...parts, tenant: "default", body, firstDeliveryId: id("delivery"), dueAt: clock.wall() });
  await store.close();
}

/** A counter that counts nothing proves nothing. */
async function expectCounting(counter: { readonly connections: number; readonly missed: readonly number[] }) {
  const watched = [...PORTS].find((port) => !counter.missed.includes(port));
  if (watched === undefined) throw new Error("none of the corpus's ports could be watched");
  const before = counter.connections;
  const visitor = connect(watched, "127.0.0.1");
  await until("a connection is counted", () => counter.connections > before);
  visitor.destroy();
}

interface Entry {
  readonly url: string;
  readonly status: string;
  readonly error: string | null;
}

/** The deliveries of the only event. */
async function everyEntry(posthorn: Binary): Promise<readonly Entry[]> {
  const events = await posthorn.api<{ id: string }[]>("GET", "/api/events");
  const { data } = await posthorn.api<{ deliveries: Entry[] }>("GET", `/api/events/${events.data[0]?.id}`);
  return data.deliveries;
}
