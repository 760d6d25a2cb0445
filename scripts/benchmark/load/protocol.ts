import type { Latency } from "../statistics.ts";

/** The load process. */
export interface LoadProtocol {
  /** Each connection posts the next event when the last was answered. */
  closedLoop: { readonly argument: ClosedLoop; readonly value: Loaded };
  /** Events at fixed moments, whatever the answers do; a latency counts from the moment an event was due. */
  openLoop: { readonly argument: OpenLoop; readonly value: Loaded };
}

export interface Load {
  /** Without a path. */
  readonly url: string;
  /** The value of the header. */
  readonly authorization: string;
  readonly seconds: number;
  readonly dataBytes: number;
  /** Event types, taken in turns. */
  readonly types: readonly string[];
}

export interface ClosedLoop extends Load {
  readonly connections: number;
  /** Ends earlier when so many were posted. */
  readonly eventsMax?: number;
}

export interface OpenLoop extends Load {
  readonly perSecond: number;
}

export interface Loaded {
  /** Answered with 202. */
  readonly accepted: number;
  /** By `now` of clock.ts. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** From the moment that an event was due to the whole answer. */
  readonly latency: Latency;
  /** How late the load itself was: part of every latency above. */
  readonly lateness: Latency;
}
