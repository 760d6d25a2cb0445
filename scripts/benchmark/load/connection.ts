const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: *(\d+)/i;

/**
 * One kept connection that posts, one request at a time. Written for the load alone: a client that did more would take
 * the processor away from what is measured.
 */
export class Connection {
  readonly #host: string;
  readonly #headers: string;
  #socket: Bun.Socket | null = null;
  #unsent = "";
  #received = "";
  #answer: PromiseWithResolvers<number> | null = null;

  private constructor({ host }: URL, authorization: string) {
    this.#host = host;
    this.#headers = `Host: ${host}\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: `;
  }

  static async open(url: URL, authorization: string): Promise<Connection> {
    const connection = new Connection(url, authorization);
    connection.#socket = await Bun.connect({
      hostname: url.hostname,
      port: Number(url.port),
      socket: {
        open: (socket) => void socket.setNoDelay(true),
        data: (_, bytes) => connection.#take(bytes),
        drain: () => connection.#write(),
        close: () => connection.#fail("the connection was closed"),
        error: (_, error) => connection.#fail(error.message),
      },
    });
    return connection;
  }

  /** Resolves with the status when the whole answer is here. Bodies have only ASCII. */
  post(path: string, body: string): Promise<number> {
    const answer = Promise.withResolvers<number>();
    this.#answer = answer;
    this.#unsent = `POST ${path} HTTP/1.1\r\n${this.#headers}${body.length}\r\n\r\n${body}`;
    this.#write();
    return answer.promise;
  }

  close(): void {
    this.#socket?.end();
  }

  #write(): void {
    if (this.#unsent === "") return;
    const written = this.#socket?.write(this.#unsent) ?? 0;
    this.#unsent = written === this.#unsent.length ? "" : this.#unsent.slice(Math.max(0, written));
  }

  #take(bytes: Uint8Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    this.#received = this.#received === "" ? text : this.#received + text;
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const length = LENGTH.exec(this.#received)?.[1];
    if (length === undefined) this.#fail("an answer without a length");
    else if (this.#received.length >= headEnd + HEAD_END.length + Number(length)) this.#finish();
  }

  #finish(): void {
    const status = Number(this.#received.slice(9, 12));
    const answer = this.#answer;
    this.#received = "";
    this.#answer = null;
    answer?.resolve(status);
  }

  #fail(reason: string): void {
    this.#answer?.reject(new Error(`POST to ${this.#host}: ${reason}`));
    this.#answer = null;
  }
}
