import type { BinaryAnswer } from "./binary.ts";

/** Events that keep being posted, whatever happens to the one that takes them. */
export interface Load {
  /** Every event that was ever sent off, answered or not, with its type. */
  readonly posted: ReadonlyMap<string, string>;
  /** Those whose 202 was read. */
  readonly acknowledged: ReadonlySet<string>;
  /** How often each error code was answered. */
  readonly refused: ReadonlyMap<string, number>;
  /** Where the next events go: a process that was started anew has another port. */
  aim(api: PostEvent): void;
  /** Posts nothing more, and resolves when nothing is under way. */
  stop(): Promise<void>;
}

export type PostEvent = (event: EventToPost) => Promise<BinaryAnswer<unknown>>;

export interface EventToPost {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
}

export interface LoadOptions {
  readonly perSecond: number;
  /** Taken in turns. */
  readonly types: readonly string[];
}

const TICK_MS = 10;
/** A process that does not answer is not flooded. */
const UNDER_WAY_MAX = 64;
const PADDING = "x".repeat(200);

export function startLoad(first: PostEvent, { perSecond, types }: LoadOptions): Load {
  const posted = new Map<string, string>();
  const acknowledged = new Set<string>();
  const refused = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const startedAt = performance.now();
  let post = first;
  let pauses = 0;

  function nextEvent(): EventToPost {
    const n = posted.size;
    const type = types[n % types.length] ?? "resume.created";
    const event = { id: `load-${n}`, type, data: { n, padding: PADDING } };
    posted.set(event.id, type);
    return event;
  }

  async function send(event: EventToPost): Promise<void> {
    // No answer at all is the one thing from which nothing follows: it may be stored, or not.
    const answer = await post(event).catch(() => null);
    if (answer?.status === 202) acknowledged.add(event.id);
    else if (answer?.error) refused.set(answer.error.code, (refused.get(answer.error.code) ?? 0) + 1);
  }

  function tick(): void {
    const wanted = ((performance.now() - startedAt) / 1_000) * perSecond - posted.size - pauses;
    for (let sent = 0; sent < wanted; sent++) {
      if (underWay.size >= UNDER_WAY_MAX) {
        // What could not be sent in time is not made up for.
        pauses += wanted - sent;
        return;
      }
      const sending = send(nextEvent()).finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
  }

  const timer = setInterval(tick, TICK_MS);
  return {
    ...{ posted, acknowledged, refused },
    aim: (api) => {
      post = api;
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}
