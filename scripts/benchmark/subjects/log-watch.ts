/** A line of the log, as JSON. */
export type LogLine = Readonly<Record<string, unknown>>;

/** What the harness waits for. All else, a line for each attempt, is read as a log shipper would read it, and dropped. */
const WATCHED = ["Posthorn is listening", "pruned"];
const END_CHARACTERS = 8_000;

/** Reads the log of a Posthorn from its standard output and keeps of it what somebody asks for. */
export class LogWatch {
  readonly #kept: LogLine[] = [];
  #end = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    void this.#read(stream);
  }

  /** The first line with this message so far. */
  first(message: string): LogLine | null {
    return this.#kept.find((line) => line["message"] === message) ?? null;
  }

  /** For whoever wants to know how it ended. */
  get end(): string {
    return this.#end;
  }

  /** Whole chunks are looked through, not line by line: what reads the log shares the processors with what is measured. */
  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const bytes of stream) {
      const text = rest + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
      const linesEnd = text.lastIndexOf("\n") + 1;
      rest = text.slice(linesEnd);
      this.#keep(text.slice(0, linesEnd));
      this.#end = text.slice(-END_CHARACTERS);
    }
  }

  #keep(lines: string): void {
    for (const message of WATCHED) {
      const mark = `"message":"${message}"`;
      for (let at = lines.indexOf(mark); at >= 0; at = lines.indexOf(mark, at + 1)) {
        this.#kept.push(JSON.parse(lines.slice(lines.lastIndexOf("\n", at) + 1, lines.indexOf("\n", at))));
      }
    }
  }
}
