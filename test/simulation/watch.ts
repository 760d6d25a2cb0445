import type { Database } from "bun:sqlite";
import type { Clock, Millis } from "../../src/world.ts";
import { AttemptWatch } from "./attempt-watch.ts";
import { Audit } from "./audit.ts";
import { Books } from "./books.ts";
import { CommitWatch } from "./commit-watch.ts";
import type { Disk } from "./disk.ts";
import { Judge } from "./judge.ts";
import { Liveness } from "./liveness.ts";
import { OutcomeWatch } from "./outcome-watch.ts";
import { type SlotLimits, Slots } from "./slots.ts";
import { Tables } from "./tables.ts";
import { TidyWatch } from "./tidy-watch.ts";
import { Trace } from "./trace.ts";

/** Who looks at one process. */
export interface ProcessWatch {
  readonly attempts: AttemptWatch;
  readonly slots: Slots;
  readonly commits: CommitWatch;
}

/** Everything that looks on, from the first process to the last. */
export class Watch {
  readonly books = new Books();
  readonly judge = new Judge();
  readonly trace: Trace;
  readonly audit: Audit;
  readonly liveness: Liveness;
  readonly #clock: Clock;
  readonly #tables: Tables;
  /** Of engine time over the monotonic clock, in the process before. */
  #offsetMs = Number.POSITIVE_INFINITY;

  constructor(db: Database, clock: Clock, disk: Disk) {
    const { books, judge } = this;
    this.#clock = clock;
    this.#tables = new Tables(db);
    this.trace = new Trace(clock);
    this.audit = new Audit({ books, judge, tables: this.#tables });
    this.liveness = new Liveness({ books, judge, clock, disk });
  }

  /** @param now engine time of the process that starts */
  ofProcess(limits: SlotLimits, now: () => Millis): ProcessWatch {
    this.#beginProcess(now);
    const { books, judge, trace } = this;
    const [clock, tables] = [this.#clock, this.#tables];
    const slots = new Slots({ judge, clock, limits });
    this.liveness.begin(now);
    const attempts = new AttemptWatch({ books, judge, trace, clock, slots, liveness: this.liveness, now });
    const outcomes = new OutcomeWatch({ books, judge, trace, clock, attempts });
    const tidying = new TidyWatch({ books, judge, tables, attempts });
    const commits = new CommitWatch({ books, judge, clock, tables, outcomes, tidying });
    return { attempts, slots, commits };
  }
  /** It reads the webhooks from the table, and the time from a wall clock that may have been set meanwhile. */
  #beginProcess(now: () => Millis): void {
    const offsetMs = now() - this.#clock.monotonic();
    this.books.leapsMs += Math.max(0, offsetMs - this.#offsetMs);
    this.#offsetMs = offsetMs;
    for (const webhook of this.books.webhooks.values()) webhook.forgetAllButCurrent();
  }
}
