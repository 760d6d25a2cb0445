import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, runBinary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { type KeptState, keptState } from "../support/kept-state.ts";
import { startLoad } from "../support/load.ts";
import { emptyPlace, type Place } from "../support/place.ts";
import { startProgram } from "../support/program.ts";
import { createSeededRandom, type SeededRandom } from "../support/seeded-random.ts";
import { Posts } from "./posts.ts";
import { type PushedReceiver, startPushedReceiver } from "./pushed-receiver.ts";
import { type Figures, progress, type Suite, type SuiteOptions } from "./suite.ts";

const CYCLES = { short: 3, full: 200 };
const EVENTS_PER_SECOND = 300;
const SETTINGS = { ...LOOPBACK_ALLOWED, POSTHORN_SHUTDOWN_GRACE: "0s" };
/** Requests of a life that are not answered in it, and so are pending in its backup and after it. */
const UNANSWERED = 6;
/** What a command takes until one has come to its end, on a quiet machine. */
const USUAL_MS = 90;
/** A kill comes at any moment of a command, and sometimes a little too late. */
const KILLED_WITHIN = 1.2;

type Command = "backup" | "restore";

export const backups: Suite = {
  name: "backups",
  describe:
    "backups under load, restores that are killed at random moments: all of it or nothing, and nothing is sent again",
  run: async (options) => {
    await using torture = new Backups(options);
    return await torture.run();
  },
};

class Backups implements AsyncDisposable {
  readonly #cycles: number;
  readonly #random: SeededRandom;
  readonly #place: Place = emptyPlace();
  readonly #receiver: PushedReceiver = startPushedReceiver(({ delivery }) => this.#receive(delivery));
  /** Deliveries that were requested since the life began. */
  #requested = new Set<string>();
  #unanswered = UNANSWERED;
  /** What the last that were not killed took. */
  readonly #tookMs: Record<Command, number> = { backup: USUAL_MS, restore: USUAL_MS };
  #end = Promise.withResolvers<number>();
  readonly #counts = { backupsKilled: 0, leftOld: 0, leftNew: 0, goingOn: 0, cancelled: 0 };

  constructor({ seed, full }: SuiteOptions) {
    this.#random = createSeededRandom(seed);
    this.#cycles = full ? CYCLES.full : CYCLES.short;
  }

  async run(): Promise<Figures> {
    const tell = progress("cycles", this.#cycles);
    for (let cycle = 1; cycle <= this.#cycles; cycle++) {
      const backup = join(this.#place.path, `${cycle}.db`);
      await this.#live(cycle, backup);
      const [old, wanted] = [keptState(this.#place.dataDir), keptIn(backup)];
      await this.#restore(backup, old, wanted);
      await this.#resume(old, wanted);
      rmSync(backup);
      tell(cycle);
    }
    assert.deepEqual(this.#receiver.faults, []);
    const { backupsKilled, leftOld, leftNew, goingOn, cancelled } = this.#counts;
    return {
      ...{ cycles: this.#cycles, "backups killed": backupsKilled },
      "killed restores that left the old database": leftOld,
      "killed restores that left the new database": leftNew,
      ...{ "deliveries that went on": goingOn, "deliveries cancelled": cancelled },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver[Symbol.asyncDispose]();
    this.#place[Symbol.dispose]();
  }

  /** Posts, backs up, posts on, and is stopped or killed. */
  async #live(cycle: number, backup: string): Promise<void> {
    this.#unanswered = UNANSWERED;
    this.#end = Promise.withResolvers();
    await using posthorn = await startBinary(this.#place, SETTINGS);
    if (cycle === 1) await this.#subscribe(posthorn);
    const posts = new Posts(posthorn);
    const post: typeof posts.post = (event) => posts.post({ ...event, id: `${cycle}-${event.id}` });
    const load = startLoad(post, { perSecond: EVENTS_PER_SECOND, types: ["resume.created"] });
    await posts.taken(this.#random.between(50, 200));
    await this.#backUp(backup, posts);
    await posts.taken(this.#random.between(50, 200));
    posthorn.signal(this.#random.pick(["SIGKILL", "SIGTERM"]));
    await posthorn.ended;
    this.#end.resolve(503);
    await load.stop();
  }

  async #subscribe(posthorn: Binary): Promise<void> {
    const webhook = {
      url: `${this.#receiver.origin}/hook`,
      events: ["*"],
      retry_schedule: ["100ms", "100ms", "100ms"],
    };
    assert.equal((await posthorn.api("POST", "/api/webhooks", webhook)).status, 201);
  }

  async #backUp(backup: string, posts: Posts): Promise<void> {
    if (this.#random.chance(0.5)) await this.#killBackup(backup);
    const before = new Set(posts.acknowledged);
    if (existsSync(backup)) return;
    await this.#complete("backup", backup);
    const { events, damage } = keptIn(backup);
    assert.deepEqual(damage, []);
    assert.deepEqual(
      [...before].filter((id) => !events.has(id)),
      [],
      "acknowledged before the backup, and not in it",
    );
  }

  /** What has its name is whole, and what has not is in nobody's way. */
  async #killBackup(backup: string): Promise<void> {
    await this.#kill("backup", backup);
    this.#counts.backupsKilled += 1;
    if (existsSync(backup)) assert.deepEqual(keptIn(backup).damage, []);
  }

  async #restore(backup: string, old: KeptState, wanted: KeptState): Promise<void> {
    for (let kills = this.#random.between(1, 3); kills > 0; kills--) {
      await this.#kill("restore", backup);
      this.#judge(keptState(this.#place.dataDir), old, wanted);
    }
    await this.#complete("restore", backup);
    this.#checkReplaced(old);
  }

  #judge(found: KeptState, old: KeptState, wanted: KeptState): void {
    assert.deepEqual(found.damage, []);
    const isOld = Bun.deepEquals(found.deliveries, old.deliveries) && Bun.deepEquals(found.events, old.events);
    if (isOld) this.#counts.leftOld += 1;
    else {
      assert.deepEqual(found.events, wanted.events, "neither the old database nor the new one");
      this.#counts.leftNew += 1;
    }
  }

  /** One of those that are kept is the one that was in place. */
  #checkReplaced({ deliveries }: KeptState): void {
    const { dataDir } = this.#place;
    const kept = readdirSync(dataDir)
      .filter((name) => name.includes(".replaced-"))
      .map((name) => join(dataDir, name));
    assert.ok(
      kept.some((path) => Bun.deepEquals(keptIn(path).deliveries, deliveries)),
      "what was replaced is lost",
    );
    for (const path of kept) rmSync(path);
  }

  /** Nothing that the replaced database calls done is sent, and everything that both call pending is. */
  async #resume(old: KeptState, wanted: KeptState): Promise<void> {
    const pendingInOld = pendingOf(old);
    const pending = pendingOf(wanted);
    const goingOn = pending.intersection(pendingInOld);
    this.#counts.goingOn += goingOn.size;
    this.#counts.cancelled += pending.size - goingOn.size;
    this.#requested = new Set();
    this.#unanswered = 0;
    await using posthorn = await startBinary(this.#place, SETTINGS);
    await nothingPending(posthorn);
    assert.deepEqual(this.#requested, goingOn, "not what was pending before and after the backup");
    posthorn.signal("SIGTERM");
    await posthorn.ended;
  }

  async #complete(command: Command, backup: string): Promise<void> {
    const begun = performance.now();
    const { exitCode, error } = await runBinary([command, backup], { place: this.#place });
    assert.deepEqual({ exitCode, error }, { exitCode: 0, error: "" });
    this.#tookMs[command] = performance.now() - begun;
  }

  async #kill(command: Command, backup: string): Promise<void> {
    const program = startProgram([await builtBinary(), command, backup], { env: {}, cwd: this.#place.path });
    await Bun.sleep(this.#random.between(0, Math.ceil(this.#tookMs[command] * KILLED_WITHIN)));
    program.signal("SIGKILL");
    await program.ended;
  }

  async #receive(delivery: string): Promise<number> {
    this.#requested.add(delivery);
    if (this.#unanswered > 0 && this.#random.chance(0.1)) {
      this.#unanswered -= 1;
      return this.#end.promise;
    }
    return this.#random.chance(0.7) ? 200 : 503;
  }
}

function pendingOf({ deliveries }: KeptState): ReadonlySet<string> {
  return new Set(deliveries.filter(({ state }) => state === "pending").map(({ id }) => id));
}

/** The same of a single file. */
function keptIn(path: string): KeptState {
  using copy = emptyPlace();
  cpSync(path, join(copy.path, "posthorn.db"));
  return keptState(copy.path);
}
