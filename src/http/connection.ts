/** What a request may ask of the socket that it came by. */
export interface Connection {
  /** Lets a slow answer take its time. */
  timeout(request: Request, seconds: number): void;
  /** Who is at the other end; null when it has closed. Asking costs, so that only what needs it asks. */
  requestIP(request: Request): { readonly address: string } | null;
}
