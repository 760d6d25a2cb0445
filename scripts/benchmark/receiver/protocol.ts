import type { Latency } from "../statistics.ts";
import type { Tally } from "./ledger.ts";

/** The receiver process. Its ledgers are kept by path: `/a` and `/b` have one each; under `/hang` nothing is answered. */
export interface ReceiverProtocol {
  /** Opens so many ports, with TLS when there is a certificate. */
  listen: {
    readonly argument: { readonly ports: number; readonly tls: { readonly key: string; readonly cert: string } | null };
    readonly value: readonly number[];
  };
  /** Begins a path's ledger anew; `copies` webhooks take each event there. */
  reset: { readonly argument: { readonly path: string; readonly copies: number }; readonly value: null };
  tally: { readonly argument: { readonly path: string }; readonly value: Tally };
  latency: { readonly argument: { readonly path: string }; readonly value: Latency | null };
  /** The first delivery since the start, to see that it is signed. */
  sample: { readonly argument: null; readonly value: Sample | null };
}

export interface Sample {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
