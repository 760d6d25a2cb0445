import type { Clock, Millis } from "../../src/world.ts";
import { connectTimeout, fail, hang, noDescriptors, reply, type ScriptedReply } from "../support/scripted-reply.ts";
import type { SeededRandom } from "../support/seeded-random.ts";

/** How a receiver behaves for a while. */
type Mood = (random: SeededRandom, clock: Clock) => ScriptedReply;

export const HOSTS: readonly [string, ...string[]] = [
  ...(["receiver-0.example"] as const),
  ...Array.from({ length: 9 }, (_, at) => `receiver-${at + 1}.example`),
];
const MINUTE_MS = 60_000;

const healthy: Mood = (random) => reply(random.pick([200, 201, 202, 204]), { headMs: random.between(0, 300) });
const quick: Mood = () => reply(200);
const erring: Mood = (random) =>
  reply(random.pick([500, 502, 503, 404, 400, 302, 206]), { headMs: random.between(0, 900) });
const hanging: Mood = () => hang();
const slow: Mood = (random) => reply(random.pick([200, 500]), { headMs: random.between(500, 70_000) });
const refusing: Mood = () => fail("connect_refused");
const resetting: Mood = (random) => fail("connection_reset", random.between(0, 5_000));
const breaking: Mood = (random) => fail(random.pick(["malformed_response", "tls_failed", "connect_failed"]));
const unreached: Mood = () => noDescriptors();
const swallowing: Mood = () => connectTimeout();
const dripping: Mood = (random) =>
  reply(random.pick([200, 500]), {
    body: "x".repeat(20),
    dripMs: random.pick([10, 90]),
    bodyEnd: random.pick(["slow", "broken", "complete"]),
  });
const gone: Mood = (random) => reply(410, { headMs: random.between(0, 3_000) });
const flaky: Mood = (random, clock) =>
  random.pick<Mood>([quick, healthy, healthy, erring, resetting, refusing, dripping, overloaded])(random, clock);
const overloaded: Mood = (random, clock) =>
  reply(random.pick([429, 503]), {
    headers: [["Retry-After", retryAfter(random, clock)]],
    headMs: random.between(0, 500),
  });

function retryAfter(random: SeededRandom, clock: Clock): string {
  const seconds = random.pick([0, 1, 3, 10, 45, 90, 600, random.chance(0.1) ? 200_000 : 20]);
  return random.chance(0.7) ? String(seconds) : new Date(clock.wall() + seconds * 1_000).toUTCString();
}

/** The likely ones more than once. */
const MOODS: readonly [Mood, ...Mood[]] = [
  ...([healthy, healthy, healthy, healthy, quick, quick, flaky, flaky, flaky] as const),
  ...([erring, erring, overloaded, hanging, slow, refusing, resetting, breaking, swallowing, dripping] as const),
];
const GONE_CHANCE = 0.02;

/** The receivers, each with moods that come and go. */
export class Receivers {
  readonly #random: SeededRandom;
  readonly #clock: Clock;
  readonly #moods = new Map<string, { readonly mood: Mood; readonly until: number }>();
  #isHealed = false;
  /** While Posthorn's own process can open no connection. */
  areUnreached = false;

  constructor(random: SeededRandom, clock: Clock) {
    this.#random = random;
    this.#clock = clock;
  }

  /** From now on all of them are well. */
  heal(): void {
    this.#isHealed = true;
  }

  answer(host: string): ScriptedReply {
    const mood = this.#isHealed ? healthy : this.#moodOf(host);
    return (this.areUnreached ? unreached : mood)(this.#random, this.#clock);
  }

  #moodOf(host: string): Mood {
    const now = this.#clock.monotonic();
    const current = this.#moods.get(host);
    if (current !== undefined && now < current.until) return current.mood;
    const mood = this.#random.chance(GONE_CHANCE) ? gone : this.#random.pick(MOODS);
    const lastsMs: Millis = this.#random.between(0, 20 * MINUTE_MS);
    this.#moods.set(host, { mood, until: now + lastsMs });
    return mood;
  }
}
