import type { Database } from "bun:sqlite";
import { StoreError } from "../../src/store/contract.ts";
import { IN_MEMORY, openWriting } from "../../src/store/sqlite/connection.ts";
import type { Millis } from "../../src/world.ts";
import { createFakeWorld, type FakeWorld, PUBLIC_ADDRESS } from "../support/fake-world.ts";
import { createSeededRandom, type SeededRandom } from "../support/seeded-random.ts";
import { ApiClient } from "./api-client.ts";
import { App } from "./app.ts";
import { Disk } from "./disk.ts";
import { Doom } from "./doom.ts";
import { Life } from "./life.ts";
import { type MortalProcess, type ProcessParts, startProcess } from "./mortal-process.ts";
import { HOSTS, Receivers } from "./receivers.ts";
import type { Sabotage } from "./sabotage.ts";
import { Watch } from "./watch.ts";

const OTHER_ADDRESS = "93.184.215.15";
const HINT_LOST_CHANCE = 0.15;
const HOUR_MS = 3_600_000;

/** Posthorn, the app that uses it, the receivers, and everything that looks on: on one fake clock, from one seed. */
export class Simulation {
  readonly world: FakeWorld;
  /** For what happens; the product has a chance of its own, so that a change of it does not change what happens to it. */
  readonly random: SeededRandom;
  readonly db: Database;
  readonly disk: Disk;
  readonly doom = new Doom();
  readonly watch: Watch;
  readonly receivers: Receivers;
  readonly api: ApiClient;
  readonly app: App;
  readonly #processParts: ProcessParts;
  #process: MortalProcess | null = null;
  #life: Life | null = null;
  lives = 0;
  /** A fault of the simulation or of the product that no promise names. */
  #fault: unknown = null;

  constructor(seed: number, sabotage: Sabotage = {}) {
    this.world = createFakeWorld(seed);
    const { clock, resolver, transport } = this.world;
    this.random = createSeededRandom(seed ^ 0x5eed);
    const { random } = this;
    this.db = openWriting(IN_MEMORY);
    this.disk = new Disk(clock, random);
    this.watch = new Watch(this.db, clock, this.disk);
    this.receivers = new Receivers(random, clock);
    for (const host of HOSTS) resolver.set(host, random.pick([[PUBLIC_ADDRESS], [PUBLIC_ADDRESS, OTHER_ADDRESS]]));
    transport.otherwise(({ url }) => this.receivers.answer(new URL(url).host));
    const process = () => this.#process;
    this.api = new ApiClient({ clock, random, process, books: this.watch.books, isHinted: () => this.#hint() });
    this.app = new App({ api: this.api, random, clock, books: this.watch.books, judge: this.watch.judge });
    this.#processParts = {
      ...{ world: this.world, db: this.db, disk: this.disk, doom: this.doom, watch: this.watch, sabotage },
      limits: { total: random.pick([4, 16, 64, 2_048]), perWebhook: random.pick([1, 2, 4, 16]) },
      retentionMs: random.between(1, 10) * HOUR_MS,
      graceMs: random.pick([0, 1_000, 5_000, 25_000]),
    };
  }

  get process(): MortalProcess | null {
    return this.#process;
  }

  /** Whether a process runs, or is about to. */
  get isUp(): boolean {
    return this.#life !== null;
  }

  /** Starts a process where none is. */
  start(): void {
    if (this.#life !== null) return;
    const { watch } = this;
    const life = new Life(++this.lives, () => this.#died(life));
    this.#life = life;
    watch.trace.note(`process ${life.number} starts`);
    watch.liveness.excuse();
    this.carryOut(async () => {
      const process = await startProcess(life, this.#processParts).catch((error: unknown) => {
        if (!isUnwritable(error)) throw error;
        return null;
      });
      if (process === null) return life.end();
      this.#process = process;
      watch.trace.note(`process ${life.number} delivers`);
      watch.liveness.excuse();
    });
  }

  /** `kill -9`. */
  kill(): void {
    this.#life?.end();
  }

  /** SIGTERM. */
  stop(): void {
    const process = this.#process;
    if (process === null || process.isDraining) return;
    this.watch.trace.note(`process ${process.life.number} stops`);
    this.carryOut(async () => {
      await process.stop();
      process.life.end();
    });
  }

  /** Something that goes on by itself; what goes wrong with it ends the simulation. */
  carryOut(act: () => Promise<void>): void {
    act().catch((error: unknown) => {
      this.#fault ??= error;
    });
  }

  /** Mostly. */
  #hint(): boolean {
    return !this.random.chance(HINT_LOST_CHANCE);
  }

  async advance(ms: Millis): Promise<void> {
    await this.world.clock.advance(ms, () => this.#judge());
  }

  #judge(): void {
    if (this.#fault !== null) throw this.#fault;
    this.watch.audit.step();
    this.watch.judge.rule();
  }

  #died(life: Life): void {
    this.watch.trace.note(`process ${life.number} is no more`);
    if (this.#life !== life) return;
    this.#life = null;
    this.#process = null;
    this.doom.lift();
  }
}

/** Where nothing can be written there is no start. */
function isUnwritable(error: unknown): boolean {
  return error instanceof StoreError && (error.code === "full" || error.code === "busy");
}
