export interface BareProtocol {
  /** Begins to take events and to send them to `target`; gives its port. */
  listen: { readonly argument: { readonly target: string; readonly key: string }; readonly value: number };
}
