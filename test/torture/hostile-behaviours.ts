import { type RawReceiver, startRawReceiver } from "../support/raw-receiver.ts";
import type { Behaviour } from "./hostile-behaviour.ts";
import { HOSTILE_BODIES } from "./hostile-bodies.ts";
import { HOSTILE_HEADS } from "./hostile-heads.ts";
import { HOSTILE_PACE } from "./hostile-pace.ts";
import { HOSTILE_TLS, overTls } from "./hostile-tls.ts";

const PLAIN: readonly Behaviour[] = [...HOSTILE_PACE, ...HOSTILE_HEADS, ...HOSTILE_BODIES];

/** All ways in which a receiver is bad here. */
export const HOSTILE_BEHAVIOURS: readonly Behaviour[] = [...PLAIN, ...HOSTILE_TLS];
/** What can be done on any connection, done behind a good handshake: nothing else may come of it. */
export const HOSTILE_OVER_TLS: readonly Behaviour[] = PLAIN.map(overTls);

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
