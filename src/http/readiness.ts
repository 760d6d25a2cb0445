import { WRITABLE_BELIEVED_MS } from "../limits.ts";
import type { Store } from "../store/contract.ts";
import { isStoreError } from "./errors.ts";
import type { HttpParts } from "./parts.ts";

export interface ReadinessParts extends Pick<HttpParts, "clock" | "health"> {
  readonly store: Pick<Store, "probe">;
}

/** Why Posthorn cannot take events now, as a sentence, or null when it can. */
export type Readiness = () => Promise<string | null>;

export function readiness({ store, clock, health }: ReadinessParts): Readiness {
  const writable = believed(clock, () => storeTrouble(store, clock.wall()));
  return async () => {
    const { draining, alive, diskIsLow, backlogIsFull } = health();
    if (draining) return "Posthorn is stopping.";
    if (!alive) return "The delivery loop does not turn.";
    if (diskIsLow) return "The disk is nearly full: new events are refused.";
    if (backlogIsFull) return "The backlog is full: new events are refused until some of it has been sent.";
    return writable();
  };
}

/** The probe is a write to the disk, and anybody may ask: one answer serves all who ask within a second. */
function believed<Answer>(clock: Pick<HttpParts["clock"], "monotonic">, ask: () => Promise<Answer>) {
  let answer: Promise<Answer> | null = null;
  let askedAt = 0;
  return () => {
    if (answer === null || clock.monotonic() - askedAt >= WRITABLE_BELIEVED_MS) {
      askedAt = clock.monotonic();
      answer = ask();
    }
    return answer;
  };
}

async function storeTrouble(store: Pick<Store, "probe">, now: number): Promise<string | null> {
  try {
    await store.probe(now);
    return null;
  } catch (error) {
    if (isStoreError(error) && error.code === "busy")
      return "Another program holds the database: nothing can be stored.";
    return "The store cannot be written: is there room on the disk?";
  }
}
