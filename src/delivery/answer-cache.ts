import { putNewest } from "../domain/newest.ts";
import type { Clock, Millis } from "../world.ts";

/** What was found out under a key, and for how long it holds. */
export interface Found<Answer> {
  readonly answer: Answer;
  readonly ttlMs: Millis;
}

export interface AnswerCache<Answer> {
  /** What is known of `key` and still holds. */
  fresh(key: string): Answer | undefined;
  /** Finds out anew; callers who ask for the same key meanwhile wait for the same answer. */
  find(key: string): Promise<Answer>;
}

/**
 * Keeps answers for their time by the monotonic clock. It holds at most `max` of them and drops the one found longest ago:
 * no answer lives long, so that one is gone soon anyway.
 */
export function createAnswerCache<Answer>(parts: {
  readonly clock: Pick<Clock, "monotonic">;
  readonly max: number;
  readonly find: (key: string) => Promise<Found<Answer>>;
}): AnswerCache<Answer> {
  const { clock, max } = parts;
  const kept = new Map<string, { readonly answer: Answer; readonly holdsUntil: number }>();
  const underWay = new Map<string, Promise<Answer>>();

  function keep(key: string, { answer, ttlMs }: Found<Answer>): Answer {
    putNewest(kept, key, { answer, holdsUntil: clock.monotonic() + ttlMs }, max);
    return answer;
  }

  function start(key: string): Promise<Answer> {
    const finding = parts
      .find(key)
      .then((found) => keep(key, found))
      .finally(() => underWay.delete(key));
    underWay.set(key, finding);
    return finding;
  }

  return {
    fresh(key) {
      const entry = kept.get(key);
      return entry !== undefined && clock.monotonic() < entry.holdsUntil ? entry.answer : undefined;
    },
    find: (key) => underWay.get(key) ?? start(key),
  };
}
