import { Database } from "bun:sqlite";
import assert from "node:assert/strict";
import { join } from "node:path";
import { DATABASE_FILE } from "../../src/store/sqlite/connection.ts";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { keptState } from "../support/kept-state.ts";
import { type Load, startLoad } from "../support/load.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { createSeededRandom, type SeededRandom } from "../support/seeded-random.ts";
import { type ShiftedClock, shiftedClock } from "../support/shifted-clock.ts";
import { shimProblem } from "../support/shim.ts";
import { until } from "../support/until.ts";
import { AttemptTimes, type Route } from "./clock-attempts.ts";
import { Posts } from "./posts.ts";
import { type Figures, progress, type Suite, type SuiteOptions } from "./suite.ts";

const DAY_MS = 86_400_000;
const FLAP_MS = 10_000;
const FLAP_EVERY_MS = 40;
const ROUNDS = { short: 1, full: 100 };
const EVENTS_PER_SECOND = 100;
const EVENTS_PER_STEP = 50;
const ATTEMPT_MAX_MS = 5_000;
const SCHEDULE_MS = [200, 400];
const ROUTES: readonly Route[] = [
  { path: "/quick", attempts: 1, answer: () => 200 },
  { path: "/second-try", attempts: 2, answer: (number) => (number === 1 ? 503 : 200) },
  { path: "/failing", attempts: 3, answer: () => 500 },
];

/** The wall clock steps and flaps while Posthorn works, and between its stop and its start. */
export const clock: Suite = {
  name: "clock",
  describe: "a wall clock that steps by a day or flaps: nothing stalls, no attempt is skipped, no duration is negative",
  problem: shimProblem,
  run: async (options) => {
    await using torture = new ClockTorture(options);
    return await torture.run();
  },
};

class ClockTorture implements AsyncDisposable {
  readonly #rounds: number;
  readonly #random: SeededRandom;
  readonly #clock: ShiftedClock = shiftedClock();
  readonly #times = new AttemptTimes(ROUTES, SCHEDULE_MS);
  readonly #receiver: Receiver = startReceiver((request) => this.#times.arrived(request));
  #posthorn: Binary | null = null;
  readonly #counts = { steps: 0, restarts: 0 };

  constructor({ seed, full }: SuiteOptions) {
    this.#random = createSeededRandom(seed);
    this.#rounds = full ? ROUNDS.full : ROUNDS.short;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#posthorn?.[Symbol.asyncDispose]();
    await this.#receiver[Symbol.asyncDispose]();
    this.#clock[Symbol.dispose]();
  }

  async run(): Promise<Figures> {
    const posthorn = await this.#start();
    await this.#makeWebhooks(posthorn);
    const posts = new Posts(posthorn);
    const load = this.#startLoad(posts);
    const tell = progress("rounds", this.#rounds);
    for (let round = 0; round < this.#rounds; round++) {
      await this.#round(posts);
      tell(round + 1);
    }
    await load.stop();
    if (this.#posthorn !== null) await nothingPending(this.#posthorn);
    await this.#stop();
    return {
      "events acknowledged": posts.acknowledged.size,
      "steps of the clock": this.#counts.steps,
      "restarts across one": this.#counts.restarts,
      ...this.#audit(posts),
    };
  }

  async #round(posts: Posts): Promise<void> {
    await this.#workAt(-DAY_MS, posts);
    await this.#restartAt(-DAY_MS - this.#random.between(0, DAY_MS), posts);
    await this.#workAt(DAY_MS, posts);
    await this.#flap(posts);
    await this.#restartAt(0, posts);
    await this.#workAt(this.#random.between(-DAY_MS, DAY_MS), posts);
  }

  async #workAt(aheadMs: number, posts: Posts): Promise<void> {
    this.#shift(aheadMs);
    await posts.taken(EVENTS_PER_STEP);
  }

  async #flap(posts: Posts): Promise<void> {
    let direction = 1;
    const flapping = setInterval(() => {
      direction = -direction;
      this.#shift(direction * FLAP_MS);
    }, FLAP_EVERY_MS);
    await posts.taken(2 * EVENTS_PER_STEP).finally(() => clearInterval(flapping));
  }

  /** What is pending then waits no longer than it was asked to, and not for a clock that is right again. */
  async #restartAt(aheadMs: number, posts: Posts): Promise<void> {
    const before = new Set(posts.acknowledged);
    await this.#stop();
    this.#shift(aheadMs);
    this.#times.startedAnew();
    posts.aim(await this.#start());
    this.#counts.restarts += 1;
    await posts.taken(EVENTS_PER_STEP);
    await until("what was pending before the start has been sent", () => this.#times.areDone(before));
  }

  #shift(aheadMs: number): void {
    this.#clock.shift(aheadMs);
    this.#counts.steps += 1;
  }

  async #start(): Promise<Binary> {
    this.#posthorn = await startBinary(this.#clock, { ...LOOPBACK_ALLOWED, ...this.#clock.settings });
    return this.#posthorn;
  }

  /** Nothing that it logged was an error. */
  async #stop(): Promise<void> {
    this.#posthorn?.signal("SIGTERM");
    const end = await this.#posthorn?.ended;
    assert.deepEqual([end?.exitCode, end?.error], [0, ""]);
    assert.doesNotMatch(end?.out ?? "", /"level":"error"/);
  }

  async #makeWebhooks(posthorn: Binary): Promise<void> {
    for (const { path } of ROUTES) {
      const webhook = {
        url: this.#receiver.origin + path,
        events: ["*"],
        retry_schedule: SCHEDULE_MS.map((ms) => `${ms}ms`),
      };
      assert.equal((await posthorn.api("POST", "/api/webhooks", webhook)).status, 201);
    }
  }

  #startLoad(posts: Posts): Load {
    const post: Posts["post"] = (event) => {
      this.#times.posted(event.id);
      return posts.post(event);
    };
    return startLoad(post, { perSecond: EVENTS_PER_SECOND, types: ["resume.created"] });
  }

  #audit(posts: Posts): Figures {
    posts.check(keptState(this.#clock.dataDir));
    const [least, most] = this.#times.wallDays;
    assert.ok(least < -0.9 && most > 0.9, `the wall clock that signed was only ${least} to ${most} days off`);
    return { ...this.#times.audit(posts.acknowledged), "attempts took, ms": durationsIn(this.#clock.dataDir) };
  }
}

/** How long the attempts took, of which no part was negative either. A part that an attempt did not have is NULL. */
function durationsIn(dataDir: string): string {
  using db = new Database(join(dataDir, DATABASE_FILE), { readonly: true });
  const span = db.query<{ least: number; most: number; leastPart: number }, []>(
    `SELECT min(duration_ms) AS least, max(duration_ms) AS most,
       min(min(ifnull(dns_ms, 0), ifnull(connect_ms, 0), ifnull(tls_ms, 0), ifnull(first_byte_ms, 0))) AS leastPart
     FROM attempts`,
  );
  const { least, most, leastPart } = span.get() ?? { least: Number.NaN, most: Number.NaN, leastPart: Number.NaN };
  assert.ok(least >= 0 && leastPart >= 0 && most < ATTEMPT_MAX_MS, `attempts took ${least} to ${most} ms`);
  return `${least} to ${most}`;
}
