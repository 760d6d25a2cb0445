import { beforeAll, expect, test } from "bun:test";
import { request } from "node:http";
import { RESEND_CHUNK } from "../../src/limits.ts";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
}

/** @param from the address that the connection is made from: all of 127.0.0.0/8 is this machine */
function ask(
  { url }: Binary,
  key: string,
  from: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const options = { localAddress: from, headers: { Authorization: `Bearer ${key}`, ...headers } };
  const asked = request(`${url}/api/webhooks`, options, (response) => {
    response.resume();
    response.on("end", () => {
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] ?? null });
    });
  });
  asked.on("error", reject);
  asked.end();
  return promise;
}

test("wrong keys from one address are slowed down, while a valid key and another address are not", async () => {
  using place = emptyPlace();
  await using posthorn = await startBinary(place);
  const flood = Array.from({ length: 100 }, (_, n) =>
    ask(posthorn, `wrong-${n}`, "127.0.0.1", { "X-Forwarded-For": `198.51.100.${n}` }),
  );
  const valid = Array.from({ length: 20 }, () => ask(posthorn, posthorn.adminKey, "127.0.0.1"));
  const elsewhere = Array.from({ length: 5 }, (_, n) => ask(posthorn, `wrong-${n}`, "127.0.0.2"));
  const answers = await Promise.all(flood);
  const slowed = answers.filter(({ status }) => status === 429);
  // Ten at once, and one a second for as long as a busy machine takes.
  expect(slowed.length).toBeGreaterThan(60);
  expect(answers.filter(({ status }) => status === 401).length).toBe(100 - slowed.length);
  expect(new Set(slowed.map(({ retryAfter }) => retryAfter))).toEqual(new Set(["1"]));
  const told = await posthorn.logged("an address sends many wrong keys and is slowed down");
  expect(told).toMatchObject({ level: "warn", address: "127.0.0.1" });
  expect((await Promise.all(valid)).map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect((await Promise.all(elsewhere)).map(({ status }) => status)).toEqual(Array(5).fill(401));
}, 20_000);

test("a key's rate and a tenant's webhooks have the bounds that the settings give them", async () => {
  using place = emptyPlace();
  const settings = { POSTHORN_RATE_LIMIT: "10/s", POSTHORN_MAX_WEBHOOKS: "2" };
  await using posthorn = await startBinary(place, settings);
  const body = { url: "https://example.com/hook", events: ["*"] };
  const made = await Promise.all(Array.from({ length: 4 }, () => posthorn.api("POST", "/api/webhooks", body)));
  expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409]);
  expect(made.find(({ status }) => status === 409)?.error?.code).toBe("too_many_webhooks");
  const asked = await Promise.all(Array.from({ length: 100 }, () => posthorn.api("GET", "/api/webhooks")));
  const limited = asked.filter(({ status }) => status === 429);
  expect(limited.length).toBeGreaterThan(0);
  for (const { headers, error } of limited) {
    expect([headers.get("retry-after"), error?.code]).toEqual(["1", "rate_limited"]);
  }
  expect((await posthorn.api("GET", "/health")).status).toBe(200);
}, 20_000);

const FULL = { POSTHORN_MAX_BACKLOG: "5", ...LOOPBACK_ALLOWED };

test("at its bound the backlog takes no event until it has shrunk, also after a kill, and everything else goes on", async () => {
  using place = emptyPlace();
  const receivable = Promise.withResolvers<number>();
  await using receiver = startReceiver(() => receivable.promise);
  const posted: string[] = [];
  {
    await using posthorn = await startBinary(place, FULL);
    const webhook = { url: `${receiver.origin}/hook`, events: ["*"] };
    expect((await posthorn.api("POST", "/api/webhooks", webhook)).status).toBe(201);
    const refused = await until("an event is refused", async () => {
      const id = `event-${posted.length}`;
      const answer = await post(posthorn, id);
      if (answer.status === 202) posted.push(id);
      return answer.status !== 202 && answer;
    });
    expect(posted.length).toBeGreaterThanOrEqual(5);
    await expectRefusal(posthorn, refused);
  }
  await using posthorn = await startBinary(place, FULL);
  await expectRefusal(posthorn, await post(posthorn, "refused"));
  receivable.resolve(200);
  await until("it is ready again", async () => (await fetch(`${posthorn.url}/readyz`)).status === 200);
  expect((await post(posthorn, "room-again")).status).toBe(202);
  await until("every event has arrived", () => {
    const arrived = new Set(receiver.requests.map(({ body }) => JSON.parse(body).id));
    return [...posted, "room-again"].every((id) => arrived.has(id)) && !arrived.has("refused");
  });
}, 30_000);

/** There is room for one chunk of a resend, and for the beginning of a second. */
const RESENDS_MAX = RESEND_CHUNK + 100;
const FAILED = 1_200;

interface Resent {
  readonly count: number;
  readonly complete: boolean;
}

test("resends of all that failed, several at once, take the backlog no more than a chunk beyond its bound", async () => {
  using place = emptyPlace();
  await using receiver = startReceiver([500]);
  const settings = { ...LOOPBACK_ALLOWED, POSTHORN_MAX_BACKLOG: `${RESENDS_MAX}`, POSTHORN_RETRY_SCHEDULE: "none" };
  await using posthorn = await startBinary(place, settings);
  const { data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", { url: receiver.origin, events: ["*"] });
  const since = new Date(Date.now() - 60_000).toISOString();
  for (let posted = 0; posted < FAILED; posted += 200) {
    const events = Array.from({ length: 200 }, (_, n) => post(posthorn, `event-${posted + n}`));
    expect((await Promise.all(events)).map(({ status }) => status)).toEqual(events.map(() => 202));
    await nothingPending(posthorn);
  }
  const path = `/api/webhooks/${data.id}`;
  await posthorn.api("PUT", path, { active: false });
  const resend = () => posthorn.api<Resent | undefined>("POST", `${path}/resend`, { status: "failed", since });
  const answers = await Promise.all(Array.from({ length: 4 }, resend));
  for (const { data, error } of answers) expect(data?.complete ?? error?.code).toBeOneOf([false, "backlog_full"]);
  expect(answers.reduce((made, { data }) => made + (data?.count ?? 0), 0)).toBe(2 * RESEND_CHUNK);
  const { pending } = (await posthorn.api<{ pending: number }>("GET", "/health")).data;
  expect(pending).toBe(2 * RESEND_CHUNK);
  expect((await resend()).error?.code).toBe("backlog_full");
  const test = () => posthorn.api("POST", `${path}/test`);
  await until("a test is refused too", async () => (await test()).error?.code === "backlog_full");
}, 30_000);

function post(posthorn: Binary, id: string) {
  return posthorn.api("POST", "/api/events", { type: "resume.created", id, data: {} });
}

async function expectRefusal(posthorn: Binary, refused: Awaited<ReturnType<typeof post>>): Promise<void> {
  expect([refused.status, refused.error?.code, refused.headers.get("retry-after")]).toEqual([
    503,
    "backlog_full",
    "10",
  ]);
  const ready = await fetch(`${posthorn.url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining("The backlog is full")]);
  const metrics = await fetch(`${posthorn.url}/metrics`, { headers: { Authorization: `Bearer ${posthorn.adminKey}` } });
  expect(await metrics.text()).toContain('posthorn_events_refused{reason="backlog"} 1\n');
  expect((await posthorn.api("GET", "/api/events")).status).toBe(200);
}
