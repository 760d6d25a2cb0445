/**
 * Time, chance and the network, as the rest of the program sees them. `real/` implements these interfaces, tests fake
 * them, and nothing else in the program knows where the time or a random byte comes from.
 */

/** Integer milliseconds: since 1970 for a point in time, otherwise a span. */
export type Millis = number;

export interface Clock {
  /** Wall time: for records and signatures. It may step in either direction. */
  wall(): Millis;
  /** Never goes back: for durations and due times. Fractions of a millisecond are kept. */
  monotonic(): number;
  /** Calls `wake` once after `delayMs` (any length, also more than 24 days); the answer cancels it. */
  after(delayMs: Millis, wake: () => void): () => void;
  /** Calls `work` once, when what is at hand in this turn of the event loop is done; so what came in together is seen together. */
  soon(work: () => void): void;
}

export interface Random {
  /** Cryptographically strong bytes. */
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). */
  unit(): number;
}

export interface ResolvedAddress {
  readonly address: string;
  readonly ttlMs: Millis;
}

/** What a name stands for now. A failure is an answer, not an exception. */
export type Resolution =
  | { readonly ok: true; readonly addresses: readonly ResolvedAddress[] }
  | {
      readonly ok: false;
      /** `no_descriptors`: nobody could be asked, so nothing follows about the name. */
      readonly reason: "not_found" | "failed" | "no_descriptors";
    };

export interface Resolver {
  /** All addresses of `hostname`, of both families, from DNS and the hosts file; none is older than its lifetime. */
  resolve(hostname: string): Promise<Resolution>;
}

/** One HTTP request to one vetted address. */
export interface OutgoingRequest {
  /** As the webhook's owner wrote it, parsed: gives the scheme, Host, path and (for TLS) the name to check. */
  readonly url: URL;
  /** The literal IP address to connect to, IPv6 without brackets. Nothing else is ever connected to. */
  readonly address: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly connectTimeoutMs: Millis;
  /** Nobody will read more of the response's body, so no more is held. */
  readonly responseMaxBytes: number;
}

/**
 * Why no response head came. The only set of failures a transport may give. `no_descriptors`: this process may open no more
 * files, so nothing was tried, and nothing follows about the receiver.
 */
export type SendFailure =
  | "connect_refused"
  | "connect_timeout"
  | "connect_failed"
  | "tls_failed"
  | "certificate_untrusted"
  | "certificate_expired"
  | "certificate_mismatch"
  | "connection_reset"
  | "malformed_response"
  | "head_too_long"
  | "no_descriptors"
  | "aborted";

/** Those that are a receiver's, or of the way to it. */
export type ReceiverFailure = Exclude<SendFailure, "no_descriptors" | "aborted">;

export type BodyEnd = "complete" | "cut" | "broken" | "slow";

export interface ResponseBody {
  readonly bytes: Uint8Array;
  readonly end: BodyEnd;
}

export interface ConnectTimings {
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
}

/**
 * Somebody's word that an exchange ends now, whatever it is doing. What an `AbortSignal` says, without its cost: there is
 * one for every attempt.
 */
export interface Cutoff {
  readonly isCut: boolean;
  /** Called when it is cut. One listener at a time, since an exchange does one thing after the other; null: nobody listens. */
  onCut: (() => void) | null;
}

/** A complete response head, and the right to read a little of what follows. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly timings: ConnectTimings;
  /**
   * Reads at most `maxBytes`, then ends the exchange: a body that was not read to its end costs its connection.
   * `cutoff` stops the reading (`slow`) and keeps what has come. Never rejects. To be called exactly once. The answer is
   * there at once where the body has come with the head, as most do.
   */
  read(maxBytes: number, cutoff: Cutoff): ResponseBody | Promise<ResponseBody>;
}

export type Exchange =
  | { readonly ok: true; readonly answer: Answer }
  | {
      readonly ok: false;
      readonly failure: SendFailure;
      /** True when it is certain that no byte of the request was written, so another address may be tried. */
      readonly nothingWritten: boolean;
    };

export interface Transport {
  /**
   * Sends once, follows nothing, repeats nothing. Resolves when the response's head is complete or the exchange has
   * failed; never rejects. A `cutoff` before the head gives `aborted`.
   */
  send(request: OutgoingRequest, cutoff: Cutoff): Promise<Exchange>;
  /** Closes idle connections. */
  close(): Promise<void>;
}

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly resolver: Resolver;
  readonly transport: Transport;
}
