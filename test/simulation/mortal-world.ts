import type { Answer, Cutoff, Exchange, OutgoingRequest, World } from "../../src/world.ts";
import type { Doom } from "./doom.ts";
import { Life } from "./life.ts";

/** Whoever looks on at the network. */
export interface NetworkWatch<Seen> {
  requestOut(request: OutgoingRequest): Seen;
  /** The head is complete, or the exchange has failed. */
  replyIn(seen: Seen, exchange: Exchange): void;
}

/**
 * The world as one process has it: timers go with the process, and so do the answers to what it asked for. What it sent has
 * reached the receiver all the same.
 */
export function createMortalWorld<Seen>(
  world: World,
  { life, doom, watch }: { readonly life: Life; readonly doom: Doom; readonly watch: NetworkWatch<Seen> },
): World {
  const { clock, random, resolver, transport } = world;

  async function send(request: OutgoingRequest, cutoff: Cutoff): Promise<Exchange> {
    if (life.isOver) return Life.never();
    const seen = watch.requestOut(request);
    const sent = transport.send(request, cutoff);
    doom.passes("request out");
    const exchange = await life.reaches(sent);
    doom.passes("reply in");
    if (life.isOver) return Life.never();
    watch.replyIn(seen, exchange);
    return exchange.ok ? { ok: true, answer: mortalAnswer(exchange.answer, life) } : exchange;
  }

  return {
    clock: {
      wall: clock.wall,
      monotonic: clock.monotonic,
      after: (delayMs, wake) =>
        clock.after(delayMs, () => {
          if (!life.isOver) wake();
        }),
      soon: (work) =>
        clock.soon(() => {
          if (!life.isOver) work();
        }),
    },
    random,
    resolver: { resolve: (hostname) => (life.isOver ? Life.never() : life.reaches(resolver.resolve(hostname))) },
    transport: { send, close: async () => {} },
  };
}

function mortalAnswer(answer: Answer, life: Life): Answer {
  return { ...answer, read: async (maxBytes, cutoff) => life.reaches(Promise.resolve(answer.read(maxBytes, cutoff))) };
}
