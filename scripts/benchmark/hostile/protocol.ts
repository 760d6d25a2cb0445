/** The process of receivers that misbehave: one for each way in which they do. */
export interface HostileProtocol {
  open: { readonly argument: null; readonly value: HostileReceivers };
}

export interface HostileReceivers {
  readonly urls: readonly string[];
  /** The certificates that Posthorn has to trust, so that those over TLS are bad in the way that is meant. */
  readonly trustedPem: string;
}
