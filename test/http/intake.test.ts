import { expect, test } from "bun:test";
import type { Store } from "../../src/store/contract.ts";
import { type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";
import { FAILED_ATTEMPT, refusedTests, settle } from "./settled.ts";

const SPAN = { status: "failed", since: "2024-12-30T09:00:00Z" };

/** What makes a delivery besides an event. */
const MAKERS: readonly (readonly [string, (app: HttpApp, scene: Scene) => Promise<Told>, status: number])[] = [
  ["a resend", (app, { path, delivery }) => app.call("POST", `${path}/logs/${delivery}/resend`), 202],
  ["a resend of all that failed", (app, { path }) => app.call("POST", `${path}/resend`, { body: SPAN }), 202],
  ["a test", (app, { path }) => app.call("POST", `${path}/test`), 200],
];

const REFUSALS = [
  [{ draining: true }, "shutting_down", "5"],
  [{ diskIsLow: true }, "storage_full", "5"],
  [{ backlogIsFull: true }, "backlog_full", "10"],
] as const;

interface Scene {
  readonly path: string;
  /** One that failed. */
  readonly delivery: string;
}

async function sceneIn(app: HttpApp): Promise<Scene> {
  const body = { url: "https://example.com/hook", events: ["*"] };
  const path = `/api/webhooks/${(await app.call("POST", "/api/webhooks", { body })).textAt("data.id")}`;
  await app.call("POST", "/api/events", { body: { type: "resume.created", data: {} } });
  await settle(app, 0, { to: "failed", because: "exhausted" }, FAILED_ATTEMPT);
  await app.world.clock.advance(60_000);
  return { path, delivery: (await app.call("GET", `${path}/logs`)).textAt("data.0.id") };
}

test.each(MAKERS)("%s is refused as an event is while none are taken, and makes nothing", async (_, make, status) => {
  let health: (typeof REFUSALS)[number][0] | undefined;
  await using app = await startHttpApp({ health: () => ({ ...health }), sendTest: refusedTests([]) });
  const scene = await sceneIn(app);
  for (const [refusing, code, retryAfter] of REFUSALS) {
    health = refusing;
    const told = await make(app, scene);
    expect([told.status, told.at("error.code"), told.headers.get("retry-after")]).toEqual([503, code, retryAfter]);
    expect((await app.call("GET", `${scene.path}/logs`)).at("data")).toBeArrayOfSize(1);
  }
  health = undefined;
  expect((await make(app, scene)).status).toBe(status);
});

test("a resend counts the backlog itself, which may have grown since it was looked at", async () => {
  await using app = await startHttpApp({ settings: { maxBacklog: 1 } });
  const scene = await sceneIn(app);
  const resend = () => app.call("POST", `${scene.path}/logs/${scene.delivery}/resend`);
  expect((await resend()).status).toBe(202);
  expect((await resend()).at("error.code")).toBe("backlog_full");
});

test("however many resend all that failed at once, the backlog goes beyond its bound by one chunk at most", async () => {
  let pending = 0;
  const resendFailed: Store["resendFailed"] = async (webhook, { limit, after }, _, dueAt) => {
    const keys = Array.from({ length: limit }, (_, index) => after + index + 1);
    await Promise.resolve();
    pending += limit;
    return {
      deliveries: keys.map((key) => ({ key, webhook, dueAt, isRetry: false, bodyBytes: 2 })),
      last: keys.at(-1) ?? null,
    };
  };
  const wrap = (store: Store) => ({ ...store, resendFailed, pending: async () => pending });
  await using app = await startHttpApp({ settings: { maxBacklog: 700 }, wrap });
  const { path } = await sceneIn(app);
  const told = await Promise.all(Array.from({ length: 8 }, () => app.call("POST", `${path}/resend`, { body: SPAN })));
  const made = told.filter(({ status }) => status === 202).map(({ at }) => at("data"));
  expect(made).toEqual(Array(2).fill({ count: 500, complete: false }));
  expect(told.filter(({ status }) => status === 503).map(({ at }) => at("error.code"))).toEqual(
    Array(6).fill("backlog_full"),
  );
  expect(pending).toBe(1_000);
});
