/** Lets one thing be done at a time, in the order in which they were asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves, or rejects, as `act` does when its turn has come. */
  take<Result>(act: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(act, act);
    this.#last = done;
    return done;
  }
}
