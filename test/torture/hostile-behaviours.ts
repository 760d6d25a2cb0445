import { type RawReceiver, startRawReceiver } from "../support/raw-receiver.ts";
import type { Behaviour } from "./hostile-behaviour.ts";
import { HOSTILE_BODIES } from "./hostile-bodies.ts";
import { HOSTILE_HEADS } from "./hostile-heads.ts";
import { HOSTILE_PACE } from "./hostile-pace.ts";
import { HOSTILE_TLS } from "./hostile-tls.ts";

/** All ways in which a receiver is bad here. */
export const HOSTILE_BEHAVIOURS: readonly Behaviour[] = [
  ...HOSTILE_PACE,
  ...HOSTILE_HEADS,
  ...HOSTILE_BODIES,
  ...HOSTILE_TLS,
];

/** A receiver that behaves in one of these ways, and where a webhook finds it. */
export interface HostileReceiver extends RawReceiver {
  /** Without a path. */
  readonly target: string;
}

export async function startHostile({ script, tls, scheme }: Behaviour): Promise<HostileReceiver> {
  const receiver = await startRawReceiver(script, tls);
  const target = scheme === undefined ? receiver.origin : receiver.origin.replace("http:", `${scheme}:`);
  return { ...receiver, target };
}
