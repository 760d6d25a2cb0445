const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: *(\d+)/i;

export interface Received {
  readonly path: string;
  /** The head as it came, with the empty line at its end. */
  readonly head: string;
  readonly body: string;
}

/** The requests that come over one connection, one at a time; bodies have a Content-Length and only ASCII. */
export class Inbox {
  #text = "";
  #bodyAt = 0;
  #end = 0;

  /** Takes the next bytes in, and gives the request that they complete. @throws Error for a request without a length */
  take(bytes: Uint8Array): Received | null {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    this.#text = this.#text === "" ? text : this.#text + text;
    if (this.#end === 0) this.#measure();
    return this.#end > 0 && this.#text.length >= this.#end ? this.#complete() : null;
  }

  #measure(): void {
    const headEnd = this.#text.indexOf(HEAD_END);
    if (headEnd < 0) return;
    this.#bodyAt = headEnd + HEAD_END.length;
    this.#end = this.#bodyAt + lengthIn(this.#text.slice(0, this.#bodyAt));
  }

  #complete(): Received {
    const head = this.#text.slice(0, this.#bodyAt);
    const pathAt = head.indexOf(" ") + 1;
    const path = head.slice(pathAt, head.indexOf(" ", pathAt));
    const body = this.#text.slice(this.#bodyAt, this.#end);
    this.#text = this.#text.slice(this.#end);
    this.#end = 0;
    return { path, head, body };
  }
}

function lengthIn(head: string): number {
  const [, length] = LENGTH.exec(head) ?? [];
  if (length === undefined) throw new Error("a request came without a Content-Length");
  return Number(length);
}
