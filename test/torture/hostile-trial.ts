import assert from "node:assert/strict";
import { type Binary, nothingPending } from "../support/binary.ts";
import type { Receiver } from "../support/receiver.ts";
import { type Behaviour, DEADLINE_MS } from "./hostile-behaviour.ts";
import { type Checked, Siege } from "./hostile-siege.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { Spread } from "./spread.ts";
import { StallWatch } from "./stall-watch.ts";
import type { Figures } from "./suite.ts";

const HEALTHY_EVENT = "user.registered";
const WARM_UP_EVENTS = 500;
/** What an attempt may last beyond its deadline. */
const BEYOND_MAX_MS = 500;
const ROUNDS = [0, 1] as const;

/** One process, attacked again and again while it serves a healthy webhook, and what was seen of it. */
export class HostileTrial implements Disposable {
  readonly #posthorn: Binary;
  readonly #healthy: Receiver;
  readonly #memory: MemoryWatch;
  readonly #stalls = new StallWatch();
  readonly #checked: Checked[] = [];
  readonly #arrivalsMs = new Spread();
  readonly #growths = new Map<string, number>();
  #startMb = 0;

  private constructor(posthorn: Binary, healthy: Receiver) {
    this.#posthorn = posthorn;
    this.#healthy = healthy;
    this.#memory = new MemoryWatch(posthorn.pid);
  }

  /** Makes the healthy webhook, and has it delivered to until the process has its usual size. */
  static async begin(posthorn: Binary, healthy: Receiver): Promise<HostileTrial> {
    const webhook = { url: `${healthy.origin}/`, events: [HEALTHY_EVENT], retry_schedule: [] };
    assert.equal((await posthorn.api("POST", "/api/webhooks", webhook)).status, 201);
    const trial = new HostileTrial(posthorn, healthy);
    for (let n = 0; n < WARM_UP_EVENTS; n++) await trial.#deliverHealthy();
    trial.#startMb = trial.#memory.residentMb;
    return trial;
  }

  /**
   * So many copies of each behaviour at once, each with so many events, and then once more, so that what the first time left
   * behind is met.
   *
   * @returns by how many MB the process grew at its peak
   */
  async attack(behaviours: readonly Behaviour[], copies: number, events = 1): Promise<number> {
    const name = behaviours.length === 1 ? (behaviours[0]?.name ?? "") : "all of them, once each";
    await using siege = await Siege.lay(this.#posthorn, behaviours, copies);
    const growthsMb = new Spread();
    for (const round of ROUNDS) growthsMb.add(await this.#growthDuring(() => this.#withstand(siege, round, events)));
    siege.assertNothingRepeated(ROUNDS.length * events);
    this.#growths.set(name, growthsMb.worst);
    return growthsMb.worst;
  }

  /** Stops the process in good order: what it has logged tells when each attempt had ended, by the clock that also says when it began. */
  async end(): Promise<Figures> {
    const endMb = this.#memory.residentMb;
    this.#posthorn.signal("SIGTERM");
    const { exitCode, out } = await this.#posthorn.ended;
    assert.equal(exitCode, 0);
    const lasted = new Spread();
    const endedAt = endsOf(out);
    for (const { delivery, startedAt, name } of this.#checked) {
      const ms = (endedAt.get(delivery) ?? Number.POSITIVE_INFINITY) - startedAt;
      assert(ms <= DEADLINE_MS + BEYOND_MAX_MS + this.#stalls.worstMs, `${name}: its slot was taken for ${ms} ms`);
      lasted.add(ms);
    }
    return {
      "hostile attempts": this.#checked.length,
      [`lasted, ms (their deadline is ${DEADLINE_MS})`]: String(lasted),
      "healthy deliveries beside them": this.#arrivalsMs.count,
      "healthy: from post to arrival, ms": String(this.#arrivalsMs),
      "this machine stood still, ms, at worst": this.#stalls.worstMs,
      "memory before and after, MB": `${this.#startMb.toFixed(0)}, ${endMb.toFixed(0)}`,
      ...Object.fromEntries([...this.#growths].map(([name, mb]) => [`peak growth, MB: ${name}`, mb])),
    };
  }

  [Symbol.dispose](): void {
    this.#stalls[Symbol.dispose]();
  }

  /** From what was resident before to the peak. */
  async #growthDuring(act: () => Promise<void>): Promise<number> {
    await nothingPending(this.#posthorn);
    const beforeMb = this.#memory.residentMb;
    this.#memory.forgetPeak();
    await act();
    return this.#memory.peakMb - beforeMb;
  }

  /** Events to all hostile receivers; and, while they have them, one after the other to the healthy one. */
  async #withstand(siege: Siege, round: 0 | 1, events: number): Promise<void> {
    const isOver = Promise.withResolvers<true>();
    const attacking = siege.attack(round, events).finally(() => isOver.resolve(true));
    let arrived = 0;
    while (!(await Promise.race([isOver.promise, this.#deliverHealthy()]))) arrived += 1;
    this.#checked.push(...(await attacking));
    assert(arrived > 0, "nothing reached the healthy webhook while others were misbehaving");
  }

  async #deliverHealthy(): Promise<false> {
    const begun = performance.now();
    await this.#posthorn.api("POST", "/api/events", { type: HEALTHY_EVENT, data: {} });
    await this.#healthy.next("the healthy delivery");
    this.#arrivalsMs.add(performance.now() - begun);
    return false;
  }
}

/** When each delivery's only attempt was logged, which is after its slot was free. */
function endsOf(out: string): ReadonlyMap<string, number> {
  const lines = out.split("\n").filter((line) => line.includes('"message":"attempt'));
  return new Map(
    lines.map((line): [string, number] => {
      const { delivery, time } = JSON.parse(line);
      return [String(delivery), Date.parse(time)];
    }),
  );
}
