import { DISK_LOOK_MS } from "../limits.ts";
import type { Clock } from "../world.ts";
import { identityOf } from "./file-identity.ts";

/**
 * Notices when a file that this process has open is removed or replaced under it. Then nothing keeps another process from the
 * name, and what is written goes where nobody finds it.
 */
export class FileWatch {
  readonly #clock: Pick<Clock, "after">;
  readonly #identities = new Map<string, string | null>();
  #cancel: () => void = () => {};

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  /** Whichever file bears this name now has to go on bearing it. */
  add(path: string): void {
    this.#identities.set(path, identityOf(path));
  }

  /** @param onLost told once, with a sentence */
  start(onLost: (reason: string) => void): void {
    const lost = [...this.#identities].find(([path, identity]) => identity === null || !isStill(path, identity));
    if (lost === undefined) this.#cancel = this.#clock.after(DISK_LOOK_MS, () => this.start(onLost));
    else onLost(lostSentence(lost[0]));
  }

  stop(): void {
    this.#cancel();
  }
}

/** What cannot be looked at now is looked at again. */
function isStill(path: string, identity: string): boolean {
  try {
    return identityOf(path) === identity;
  } catch {
    return true;
  }
}

function lostSentence(path: string): string {
  return `${path} was removed or replaced while it was in use, so another Posthorn may have the data directory now.`;
}
