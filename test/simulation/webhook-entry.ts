import type { Millis } from "../../src/world.ts";
import { DEFAULT_SCHEDULE_MS, DEFAULT_TIMEOUT_MS } from "../support/engine.ts";

/** What of a webhook decides over its attempts. */
export interface WebhookVersion {
  readonly url: string;
  readonly events: readonly string[];
  readonly active: boolean;
  readonly urlPassed: boolean;
  readonly scheduleMs: readonly Millis[];
  readonly timeoutMs: Millis;
}

/** What a webhook has that says nothing about it. */
export const NEW_VERSION: WebhookVersion = {
  url: "",
  events: [],
  active: true,
  urlPassed: false,
  scheduleMs: DEFAULT_SCHEDULE_MS,
  timeoutMs: DEFAULT_TIMEOUT_MS,
};

/** A webhook in the books: as it is, and as it was while its owner has not heard of the change yet. */
export class WebhookEntry {
  readonly key: number;
  readonly id: string;
  isDeleted = false;
  /** Of all schedules that it ever had. */
  longestSchedule: number;
  /** When it was turned on last, by the monotonic clock. */
  activeSince: number;
  /** The current one last. */
  #versions: WebhookVersion[];
  #heardOf = 0;

  constructor(key: number, id: string, version: WebhookVersion, now: number) {
    this.key = key;
    this.id = id;
    this.#versions = [version];
    this.longestSchedule = version.scheduleMs.length;
    this.activeSince = now;
  }

  get now(): WebhookVersion {
    const last = this.#versions.at(-1);
    if (last === undefined) throw new Error("a webhook without a version");
    return last;
  }

  /** A change is committed. */
  change(changes: Partial<WebhookVersion>, now: number): void {
    if (changes.active === true && !this.now.active) this.activeSince = now;
    this.#versions.push({ ...this.now, ...changes });
    this.longestSchedule = Math.max(this.longestSchedule, this.now.scheduleMs.length);
  }

  /** Whoever asked for the changes hears of them; in this step still, both versions may be used. */
  hear(): void {
    this.#heardOf = this.#versions.length - 1;
  }

  /** The step has ended. */
  forgetOutdated(): void {
    this.#versions.splice(0, this.#heardOf);
    this.#heardOf = 0;
  }

  /** A new process reads it from the table. */
  forgetAllButCurrent(): void {
    this.#versions = [this.now];
    this.#heardOf = 0;
  }

  /** Whether an attempt may start with this. */
  knows(matches: (version: WebhookVersion) => boolean): boolean {
    return this.#versions.some(matches);
  }

  /** SmartCV: exact types, `resume.*` for all below, `*` for all. */
  wants(eventType: string): boolean {
    const covers = (pattern: string) =>
      pattern === "*" || pattern === eventType || (pattern.endsWith("*") && eventType.startsWith(pattern.slice(0, -1)));
    return this.now.active && !this.isDeleted && this.now.events.some(covers);
  }
}

/** As the tables have it: lists as JSON, NULL for what the settings decide. */
interface SealedSettings {
  readonly url?: string;
  readonly events?: string;
  readonly active?: boolean;
  readonly urlPassed?: boolean;
  readonly retryScheduleMs?: string | null;
  readonly timeoutMs?: Millis | null;
}

/** What a command to the store says about a webhook's version; what it leaves out stays. */
export function versionChanges(settings: SealedSettings): Partial<WebhookVersion> {
  const { url, events, active, urlPassed, retryScheduleMs, timeoutMs } = settings;
  return {
    ...(url !== undefined && { url }),
    ...(events !== undefined && { events: JSON.parse(events) }),
    ...(active !== undefined && { active }),
    ...(urlPassed !== undefined && { urlPassed }),
    ...(retryScheduleMs !== undefined && { scheduleMs: scheduleOf(retryScheduleMs) }),
    ...(timeoutMs !== undefined && { timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS }),
  };
}

function scheduleOf(stored: string | null): readonly Millis[] {
  return stored === null ? DEFAULT_SCHEDULE_MS : JSON.parse(stored);
}
