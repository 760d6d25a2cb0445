import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { keptState } from "../support/kept-state.ts";
import { emptyPlace } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";
import type { Suite } from "./suite.ts";

const TIMEOUT_MS = 2_000;
/** Beyond the deadline by more than what a busy machine explains. */
const STANDSTILL_MS = 3_500;
const STEP_MS = 500;
const STEPS = 8;
const ANSWERED = 10;
const SILENT = 5;
const FAILING_EVENTS = 20;
/** A gap is measured where requests arrive, in a process that has other things to do. */
const MEASURED_MS = 150;

export const sigstop: Suite = {
  name: "sigstop",
  describe:
    "SIGSTOP across deadlines, then SIGCONT: a reply that lies in the socket counts, and nothing comes in a burst",
  run: async () => {
    using place = emptyPlace();
    const standstill = Promise.withResolvers<void>();
    const arrivals = new Arrivals();
    await using receiver = startReceiver(async ({ path, headers }) => {
      const attempt = Number(headers["x-smartcv-attempt"]);
      arrivals.add(headers["x-smartcv-delivery"] ?? "", path);
      if (path === "/failing") return 500;
      if (attempt > 1) return 200;
      await standstill.promise;
      return path.startsWith("/answered") ? 200 : Promise.withResolvers<number>().promise;
    });
    await using posthorn = await startBinary(place, LOOPBACK_ALLOWED);
    const webhook = (path: string, type: string) => makeWebhook(posthorn, `${receiver.origin}${path}`, type);
    for (let n = 0; n < ANSWERED; n++) await webhook(`/answered/${n}`, "resume.created");
    for (let n = 0; n < SILENT; n++) await webhook(`/silent/${n}`, "resume.created");
    await webhook("/failing", "user.registered");
    for (let n = 0; n < FAILING_EVENTS; n++) await post(posthorn, "user.registered");
    await until("every failing delivery was tried", () => arrivals.of("/failing").length === FAILING_EVENTS);
    await post(posthorn, "resume.created");
    await until("the others are under way", () => arrivals.of("/answered", "/silent").length === ANSWERED + SILENT);

    await stop(posthorn);
    const before = arrivals.count;
    standstill.resolve();
    await Bun.sleep(STANDSTILL_MS);
    assert.equal(arrivals.count, before, "it stood still");
    posthorn.signal("SIGCONT");
    const wokenAt = performance.now();
    await nothingPending(posthorn);
    posthorn.signal("SIGTERM");
    const { exitCode, error } = await posthorn.ended;
    assert.deepEqual({ exitCode, error }, { exitCode: 0, error: "" });

    for (const times of arrivals.of("/answered")) assert.equal(times.length, 1, "an answered request was sent again");
    for (const times of arrivals.of("/silent")) assert.equal(times.length, 2, "a silent receiver was not tried twice");
    for (const times of arrivals.of("/failing"))
      assert.equal(times.length, STEPS + 1, "attempts of a failing delivery");
    const shortest = arrivals.shortestGap("/silent", "/failing");
    assert(shortest >= STEP_MS - MEASURED_MS, `an attempt came ${shortest} ms after the one before`);
    const atOnce = arrivals.within(wokenAt, STEP_MS - MEASURED_MS);
    assert(atOnce <= FAILING_EVENTS, `${atOnce} requests came at once`);
    const { deliveries, damage } = keptState(place.dataDir);
    assert.deepEqual(damage, []);
    const ends = deliveries.map(({ state, attempts }) => `${state} after ${attempts}`);
    assert.deepEqual(ends.sort(), expectedEnds());
    return {
      "stood still for, ms, deadline": `${STANDSTILL_MS}, ${TIMEOUT_MS}`,
      "replies in the socket, delivered by them": `${ANSWERED}, ${ANSWERED}`,
      "due meanwhile, requests at once afterwards": `${FAILING_EVENTS}, ${atOnce}`,
      "shortest gap between attempts, ms, step": `${shortest.toFixed(0)}, ${STEP_MS}`,
    };
  },
};

/** When requests came, by delivery. */
class Arrivals {
  readonly #times = new Map<string, { readonly path: string; readonly at: number[] }>();

  add(delivery: string, path: string): void {
    const sent = this.#times.get(delivery) ?? { path, at: [] };
    sent.at.push(performance.now());
    this.#times.set(delivery, sent);
  }

  get count(): number {
    return this.of("/").flat().length;
  }

  /** Of each delivery to one of these paths, or below. */
  of(...paths: readonly string[]): readonly (readonly number[])[] {
    const wanted = [...this.#times.values()].filter(({ path }) => paths.some((start) => path.startsWith(start)));
    return wanted.map(({ at }) => at);
  }

  shortestGap(...paths: readonly string[]): number {
    const gaps = this.of(...paths).flatMap((at) => at.slice(1).map((time, n) => time - (at[n] ?? 0)));
    return Math.min(...gaps);
  }

  within(from: number, spanMs: number): number {
    return this.of("/")
      .flat()
      .filter((time) => time >= from && time < from + spanMs).length;
  }
}

async function makeWebhook(posthorn: Binary, url: string, type: string): Promise<void> {
  const schedule = Array.from({ length: STEPS }, () => `${STEP_MS}ms`);
  const webhook = { url, events: [type], timeout: `${TIMEOUT_MS}ms`, retry_schedule: schedule };
  assert.equal((await posthorn.api("POST", "/api/webhooks", webhook)).status, 201);
}

async function post(posthorn: Binary, type: string): Promise<void> {
  assert.equal((await posthorn.api("POST", "/api/events", { type, data: {} })).status, 202);
}

async function stop(posthorn: Binary): Promise<void> {
  posthorn.signal("SIGSTOP");
  const state = () => readFileSync(`/proc/${posthorn.pid}/stat`, "utf8").split(") ")[1]?.[0];
  await until("the process stands still", () => state() === "T");
}

function expectedEnds(): readonly string[] {
  return [
    ...Array.from({ length: ANSWERED }, () => "delivered after 1"),
    ...Array.from({ length: SILENT }, () => "delivered after 2"),
    ...Array.from({ length: FAILING_EVENTS }, () => `failed after ${STEPS + 1}`),
  ].sort();
}
