import { pushLines } from "../../../test/support/lines.ts";

/** A line of the log, as JSON. */
export type LogLine = Readonly<Record<string, unknown>>;

/** What the harness waits for. All else, a line for each attempt, is read as a log shipper would read it, and dropped. */
const WATCHED = ["Posthorn is listening", "pruned"];
const LAST_LINES = 20;

/** Reads the log of a Posthorn from its standard output and keeps of it what somebody asks for. */
export class LogWatch {
  readonly #kept: LogLine[] = [];
  readonly #last: string[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    void pushLines(stream, (line) => this.#take(line));
  }

  /** The first line with this message so far. */
  first(message: string): LogLine | null {
    return this.#kept.find((line) => line["message"] === message) ?? null;
  }

  /** For whoever wants to know how it ended. */
  get end(): string {
    return this.#last.join("\n");
  }

  #take(line: string): void {
    this.#last.push(line);
    if (this.#last.length > LAST_LINES) this.#last.shift();
    if (WATCHED.some((message) => line.includes(`"${message}"`))) this.#kept.push(JSON.parse(line));
  }
}
