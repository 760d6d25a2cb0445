const TAIL_LINES = 40;
const HOUR_MS = 3_600_000;

/** What happened, in order. Two runs of one seed have the same digest, and a failure shows the last lines. */
export class Trace {
  readonly #clock: { monotonic(): number };
  readonly #startedAt: number;
  readonly #hasher = new Bun.CryptoHasher("sha256");
  readonly #tail: string[] = [];

  constructor(clock: { monotonic(): number }) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  note(what: string): void {
    const line = `${hours(this.#clock.monotonic() - this.#startedAt)} ${what}`;
    this.#hasher.update(line);
    this.#tail.push(line);
    if (this.#tail.length > 2 * TAIL_LINES) this.#tail.splice(0, TAIL_LINES);
  }

  /** The last lines, oldest first. */
  get tail(): string {
    return this.#tail.slice(-TAIL_LINES).join("\n");
  }

  get digest(): string {
    return this.#hasher.copy().digest("hex").slice(0, 16);
  }
}

/** Hours, minutes, seconds and milliseconds since the start. */
function hours(ms: number): string {
  const within = new Date(ms % HOUR_MS).toISOString().slice(14, 23);
  return `${String(Math.floor(ms / HOUR_MS)).padStart(2, "0")}:${within}`;
}
