/** What is watched over, by a short name. */
export const PROMISES = {
  schedule: "no delivery has more attempts than its schedule allows",
  overlap: "no two attempts of one delivery overlap",
  gap: "no attempt comes before its due time, nor sooner after the one before than the step",
  verdict: "a delivery is what the last reply made of it",
  due: "what is pending has a due time, no further away than the wait that was asked",
  lease: "a stale lease changes nothing",
  limits: "requests in flight stay within the limits, of each webhook and of all",
  fanOut: "an event has exactly one delivery for each webhook that matched",
  kept: "what was acknowledged is there until it is old",
  tidied: "only what is old or unwanted goes",
  current: "an attempt uses the webhook as it is when it starts",
  bytes: "every attempt of an event has the same id and the same bytes",
  rest: "a webhook rests when its receiver asks for it",
  liveness: "what is due is sent soon",
  noted: "the audit log tells how each webhook became what it is",
  backlog: "the number of pending deliveries that is told is the one in the tables",
  tables: "the tables hold what the commits made, and nothing else",
} as const;
export type PromiseName = keyof typeof PROMISES;

/** A promise that did not hold. */
export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise";
  readonly promise: PromiseName;

  constructor(promise: PromiseName, facts: string) {
    super(`Not kept: ${PROMISES[promise]} (${facts})`);
    this.promise = promise;
  }
}

/**
 * Hears what is found out in the middle of the product's own work, where an exception would be caught by the product, and
 * throws when that work is done.
 */
export class Judge {
  #first: BrokenPromise | null = null;
  #heard = 0;

  /** How often a promise was looked at. */
  get heard(): number {
    return this.#heard;
  }

  expect(promise: PromiseName, holds: boolean, facts: () => string): void {
    this.#heard += 1;
    if (!holds) this.#first ??= new BrokenPromise(promise, facts());
  }

  /** @throws BrokenPromise the first one */
  rule(): void {
    if (this.#first !== null) throw this.#first;
  }
}
