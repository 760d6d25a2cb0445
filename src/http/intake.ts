import type { Store } from "../store/contract.ts";
import { backlogFull, shuttingDown, storageFull } from "./errors.ts";
import type { HttpParts, HttpSettings } from "./parts.ts";

export interface IntakeParts extends Pick<HttpParts, "health"> {
  readonly settings: Pick<HttpSettings, "maxBacklog">;
}

export interface CountingIntakeParts extends IntakeParts {
  readonly store: Pick<Store, "pending">;
}

/** To be asked before deliveries are made, by whomever. @throws Problem 503 while none are taken */
export function refuseUnlessTaken({ health, settings }: IntakeParts): void {
  const { draining, diskIsLow, backlogIsFull } = health();
  if (draining) throw shuttingDown();
  if (diskIsLow) throw storageFull("The disk is nearly full: nothing was stored.");
  if (backlogIsFull) throw backlogFull(settings.maxBacklog);
}

/** The same, with the backlog as it is at this moment: what is known of it otherwise may be a second old. */
export async function refuseUnlessRoom(parts: CountingIntakeParts): Promise<void> {
  refuseUnlessTaken(parts);
  const { maxBacklog } = parts.settings;
  if ((await parts.store.pending()) >= maxBacklog) throw backlogFull(maxBacklog);
}
