import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { type Binary, LOOPBACK_ALLOWED, startBinary } from "../support/binary.ts";
import { type EventToPost, type Load, type PostEvent, startLoad } from "../support/load.ts";
import { emptyPlace } from "../support/place.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";
import { type LogRecord, WriteLog } from "../support/write-log.ts";
import { addAgedRows } from "./aged-rows.ts";
import { endOf } from "./end-of.ts";

/** What Posthorn said it had done. */
export type Fact =
  | { readonly kind: "event"; readonly id: string; readonly data: string; readonly deliveries: number }
  | { readonly kind: "webhook"; readonly id: string }
  /** Of a webhook: what was asked for may have been done, before anybody was told. */
  | { readonly kind: "deletion asked"; readonly id: string }
  | { readonly kind: "deletion"; readonly id: string };

export interface RecordingOptions {
  /** Events to be acknowledged before the recording ends. */
  readonly events: number;
  /** What is run; the product itself when it is absent. */
  readonly binary?: string;
}

const EVENTS_PER_SECOND = 400;
const AGED_EVENTS = 1_500;
const WEBHOOKS = [
  { path: "/quick", events: ["*"] },
  { path: "/failing", events: ["user.*"], retry_schedule: ["100ms", "200ms"] },
];

/**
 * Every write of a run under load, with what was acknowledged in between. A clean restart interrupts it, and its second half has
 * old rows to prune and their pages to give back.
 */
export async function recordRun({ events, binary }: RecordingOptions): Promise<readonly LogRecord[]> {
  using place = emptyPlace();
  mkdirSync(place.dataDir);
  using log = new WriteLog(place.path);
  await using receiver = startReceiver(({ path }) => (path === "/failing" ? 500 : 200));
  const settings = { ...LOOPBACK_ALLOWED, ...log.settings(place.dataDir) };
  const command = binary === undefined ? undefined : [binary, "serve"];
  await using first = await startBinary(place, settings, command);
  await makeWebhooks(first, receiver, log);
  const load = startLoad(poster(first, log), {
    perSecond: EVENTS_PER_SECOND,
    types: ["resume.created", "user.registered"],
  });
  await acknowledged(load, events / 2);
  await replaceWebhook(first, receiver, log);
  first.signal("SIGTERM");
  assert.equal((await first.ended).exitCode, 0);
  addAgedRows(place.dataDir, AGED_EVENTS);
  log.snapshot(place.dataDir);
  await using second = await startBinary(place, settings, command);
  load.aim(poster(second, log));
  await acknowledged(load, events);
  second.signal("SIGKILL");
  await Promise.all([second.ended, load.stop()]);
  return log.records();
}

/**
 * A commit that was written, but whose sync was the end of the process: it was killed there, or the sync failed. The next start
 * finds it in the system's cache, answers for it, and commits what comes after it.
 */
export async function recordRelapse(doom: "kill" | "fail"): Promise<readonly LogRecord[]> {
  using place = emptyPlace();
  mkdirSync(place.dataDir);
  using log = new WriteLog(place.path);
  const settings = log.settings(place.dataDir);
  const [unanswered, next] = ["unanswered", "next"].map((id) => ({ id, type: "resume.created", data: { id } }));
  assert.ok(unanswered !== undefined && next !== undefined);
  await using first = await startBinary(place, settings);
  log.doom(doom);
  const answer = await poster(first, log)(unanswered).catch(() => null);
  assert.notEqual(answer?.status, 202, "acknowledged without a sync");
  const { exitCode } = await endOf(first, "the process ends with the sync");
  assert.equal(exitCode, doom === "kill" ? 128 + 9 : 1);
  log.doom("none");
  await using second = await startBinary(place, settings);
  assert.partialDeepStrictEqual((await poster(second, log)(unanswered)).data, { duplicate: true });
  assert.equal((await poster(second, log)(next)).status, 202);
  second.signal("SIGKILL");
  await second.ended;
  return log.records();
}

function poster(posthorn: Binary, log: WriteLog): PostEvent {
  return async (event: EventToPost) => {
    const answer = await posthorn.api<{ id: string; deliveries: number }>("POST", "/api/events", event);
    const { id, data } = event;
    if (answer.status === 202)
      note(log, { kind: "event", id, data: JSON.stringify(data), deliveries: answer.data.deliveries });
    return answer;
  };
}

async function makeWebhooks(posthorn: Binary, { origin }: Receiver, log: WriteLog): Promise<void> {
  for (const { path, ...webhook } of WEBHOOKS) {
    const { status, data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", {
      ...webhook,
      url: origin + path,
    });
    assert.equal(status, 201);
    note(log, { kind: "webhook", id: data.id });
  }
}

async function replaceWebhook(posthorn: Binary, { origin }: Receiver, log: WriteLog): Promise<void> {
  const webhook = { url: `${origin}/short-lived`, events: ["user.*"] };
  const { data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook);
  note(log, { kind: "webhook", id: data.id });
  note(log, { kind: "deletion asked", id: data.id });
  const { status } = await posthorn.api("DELETE", `/api/webhooks/${data.id}`);
  if (status === 200) note(log, { kind: "deletion", id: data.id });
}

async function acknowledged(load: Load, events: number): Promise<void> {
  await until(`${events} events are acknowledged`, () => load.acknowledged.size >= events);
}

function note(log: WriteLog, fact: Fact): void {
  log.acknowledge(fact);
}
