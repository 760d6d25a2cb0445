/** What can be lost while it is heard out. */
export interface Audible {
  /** Neither side has closed it. */
  readonly isOpen: boolean;
}

/**
 * Hears a connection out behind its response, before it takes another request: whatever the receiver has sent there already is
 * read first, and costs the connection. Else it would pass for the answer to the next request, and every answer after it for
 * that of the one behind.
 */
export class Hearing<Connection extends Audible> {
  readonly #heardOut: (connection: Connection) => void;
  #beginning: Connection[] = [];

  /** @param heardOut is told of every connection that is still open when nothing more has come of it */
  constructor(heardOut: (connection: Connection) => void) {
    this.#heardOut = heardOut;
  }

  /** All connections whose responses end in the same turn of the event loop are heard out together. */
  begin(connection: Connection): void {
    if (this.#beginning.push(connection) === 1) setImmediate(() => this.#listen());
  }

  /** Sockets are polled between two immediates of which one sets the other. */
  #listen(): void {
    const heard = this.#beginning;
    this.#beginning = [];
    setImmediate(() => {
      for (const connection of heard) if (connection.isOpen) this.#heardOut(connection);
    });
  }
}
