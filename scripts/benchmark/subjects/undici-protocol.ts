export interface UndiciProtocol {
  /** Sends signed events to the targets in turns, until so many were sent or the time is over; gives how many. */
  send: { readonly argument: UndiciLoop; readonly value: number };
}

export interface UndiciLoop {
  readonly targets: readonly string[];
  /** PEM of the certificate to trust. */
  readonly ca: string;
  readonly dataBytes: number;
  readonly requests: number;
  readonly seconds: number;
}
