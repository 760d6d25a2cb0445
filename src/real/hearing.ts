import { HEARING_MS } from "../limits.ts";

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
  #listening: Connection[] = [];
  #isListening = false;

  /** @param heardOut is told of every connection that is still open when nothing more has come of it */
  constructor(heardOut: (connection: Connection) => void) {
    this.#heardOut = heardOut;
  }

  /** It takes between one and two `HEARING_MS`, since all that begin meanwhile share one timer. */
  begin(connection: Connection): void {
    this.#beginning.push(connection);
    if (!this.#isListening) this.#listen();
  }

  #listen(): void {
    this.#isListening = true;
    setTimeout(() => this.#turn(), HEARING_MS);
  }

  #turn(): void {
    const heard = this.#listening;
    this.#listening = this.#beginning;
    this.#beginning = [];
    this.#isListening = false;
    if (this.#listening.length > 0) this.#listen();
    for (const connection of heard) if (connection.isOpen) this.#heardOut(connection);
  }
}
