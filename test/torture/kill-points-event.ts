import assert from "node:assert/strict";
import { nothingPending } from "../support/binary.ts";
import type { KeptState } from "../support/kept-state.ts";
import type { CrashPoint } from "./crash-point.ts";
import { CrashScene } from "./crash-scene.ts";
import { Gate } from "./gate.ts";

/** What is seen from outside needs no hook. The connection is there, and its TLS handshake is not answered: no request can be out. */
const CONNECTED = "after the connect";
/** The request lies at the receiver, which has not answered. */
const ARRIVED = "when the request has arrived";

interface LegalOutcome {
  readonly at: CrashPoint | typeof CONNECTED | typeof ARRIVED;
  /** Whether the app may have read a 2xx. */
  readonly acknowledged: "never" | "maybe";
  /** What is on the disk: no event, or an event whose one delivery is in this state. */
  readonly kept: "nothing" | "pending" | "delivered";
  /** Requests that the receiver got by then. */
  readonly sentBefore: 0 | 1;
  /** What the app reads when it posts the same event again, after the next start. */
  readonly repeated: "new" | "duplicate";
  /** Requests that the receiver got in all. Every other sum is a loss, or a duplicate without need. */
  readonly sentInAll: 1 | 2;
}

/** What may be true after a death at each point of an event's way. */
const LEGAL: readonly LegalOutcome[] = [
  {
    at: "before the commit of an ingest",
    ...{ acknowledged: "never", kept: "nothing", sentBefore: 0, repeated: "new", sentInAll: 1 },
  },
  {
    at: "after the commit of an ingest",
    ...{ acknowledged: "never", kept: "pending", sentBefore: 0, repeated: "duplicate", sentInAll: 1 },
  },
  {
    at: "after the lease",
    ...{ acknowledged: "maybe", kept: "pending", sentBefore: 0, repeated: "duplicate", sentInAll: 1 },
  },
  {
    at: CONNECTED,
    ...{ acknowledged: "maybe", kept: "pending", sentBefore: 0, repeated: "duplicate", sentInAll: 1 },
  },
  {
    at: ARRIVED,
    ...{ acknowledged: "maybe", kept: "pending", sentBefore: 1, repeated: "duplicate", sentInAll: 2 },
  },
  {
    at: "after the reply",
    ...{ acknowledged: "maybe", kept: "pending", sentBefore: 1, repeated: "duplicate", sentInAll: 2 },
  },
  {
    at: "before the commit of an outcome",
    ...{ acknowledged: "maybe", kept: "pending", sentBefore: 1, repeated: "duplicate", sentInAll: 2 },
  },
  {
    at: "after the commit of an outcome",
    ...{ acknowledged: "maybe", kept: "delivered", sentBefore: 1, repeated: "duplicate", sentInAll: 1 },
  },
];

const EVENT = { id: "the-event", type: "resume.created", data: { resume: { id: "resume_456" } } };

/** Dies once at each point of an event's way, and compares with what is legal there. Returns the points. */
export async function dieOnAnEventsWay(crashingBinary: string): Promise<readonly string[]> {
  for (const legal of LEGAL) {
    try {
      await die(crashingBinary, legal);
    } catch (error) {
      throw new Error(`${legal.at}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  return LEGAL.map(({ at }) => at);
}

async function die(crashingBinary: string, legal: LegalOutcome): Promise<void> {
  const { at } = legal;
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<number>();
  if (at !== ARRIVED) answer.resolve(200);
  const script = () => {
    arrived.resolve();
    return answer.promise;
  };
  await using scene = new CrashScene(crashingBinary, { script, isSecure: at === CONNECTED });
  await using gate = await Gate.shut(scene.receiver.port);
  const fragile = await scene.startFragile();
  await scene.subscribe(fragile, at === CONNECTED ? `https://127.0.0.1:${gate.port}` : scene.receiver.origin);
  if (at === ARRIVED) void arrived.promise.then(() => fragile.signal("SIGKILL"));
  else if (at === CONNECTED) void gate.reached.then(() => fragile.signal("SIGKILL"));
  else scene.arm(at);
  const posted = fragile.api("POST", "/api/events", EVENT).catch(() => null);
  const left = await scene.buried(fragile);
  const before = scene.receiver.requests.length;
  const isAcknowledged = (await posted)?.status === 202;
  assert(legal.acknowledged === "maybe" || !isAcknowledged, "it was acknowledged");
  assert.deepEqual({ kept: keptOf(left), sentBefore: before }, { kept: legal.kept, sentBefore: legal.sentBefore });

  answer.resolve(200);
  gate.open();
  const sound = await scene.startSound();
  const again = await sound.api<{ duplicate?: boolean }>("POST", "/api/events", EVENT);
  await nothingPending(sound);
  const repeated = again.data.duplicate === true ? "duplicate" : "new";
  const sentInAll = scene.receiver.requests.length;
  assert.deepEqual({ repeated, sentInAll }, { repeated: legal.repeated, sentInAll: legal.sentInAll });
  const versions = scene.receiver.requests.map(({ body, headers }) => `${body} ${headers["x-smartcv-attempt"]}`);
  assert.equal(new Set(versions).size, 1, "the second request differs from the first");
  assert.equal(keptOf(await scene.stopped(sound)), "delivered");
}

function keptOf({ events, deliveries }: KeptState): string {
  if (events.size === 0 && deliveries.length === 0) return "nothing";
  return deliveries.map(({ state }) => state).join(", ");
}
