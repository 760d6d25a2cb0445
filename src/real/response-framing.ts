/** How the end of a body is known: after so many bytes, after its last chunk, or when the connection ends. */
export type BodyFraming = number | "chunked" | "to_close";

/** With more digits it would not be held exactly. */
const LENGTH = /^\d{1,15}$/;

/** Learns from the headers of a response where its body ends (RFC 9112 §6.3), and whether its connection goes on (§9.3). */
export class ResponseFraming {
  readonly #isHttp11: boolean;
  #lengths: string | null = null;
  #codings: string | null = null;
  #isLast: boolean;

  constructor(isHttp11: boolean) {
    this.#isHttp11 = isHttp11;
    this.#isLast = !isHttp11;
  }

  get isPersistent(): boolean {
    return !this.#isLast;
  }

  /** The lengths of the names tell all but a few apart. */
  learn(name: string, value: string): void {
    if (name.length === 14 && name.toLowerCase() === "content-length") this.#lengths = joined(this.#lengths, value);
    if (name.length === 17 && name.toLowerCase() === "transfer-encoding") this.#codings = joined(this.#codings, value);
    if (name.length === 10 && name.toLowerCase() === "connection" && hasClose(value)) this.#isLast = true;
  }

  /** Null when nobody can tell where this response ends. */
  decide(status: number): BodyFraming | null {
    const announced = this.#announced();
    if (announced === null || !hasNoBody(status)) {
      if (announced === "to_close") this.#isLast = true;
      return announced;
    }
    // There can be none, but some send what they have announced all the same: it would pass for the next response.
    if (announced !== "to_close" && announced !== 0) this.#isLast = true;
    return 0;
  }

  #announced(): BodyFraming | null {
    if (this.#codings !== null) return this.#announcedCoding(this.#codings);
    return this.#lengths === null ? "to_close" : parseLengths(this.#lengths);
  }

  /** Nothing but chunks was asked for; a length beside them, or HTTP/1.0, is a sign of a muddle on the way (RFC 9112 §6.1). */
  #announcedCoding(codings: string): BodyFraming | null {
    const isClear = this.#lengths === null && this.#isHttp11 && codings.toLowerCase() === "chunked";
    return isClear ? "chunked" : null;
  }
}

function joined(before: string | null, value: string): string {
  return before === null ? value : `${before},${value}`;
}

function hasClose(value: string): boolean {
  return value
    .toLowerCase()
    .split(",")
    .some((option) => option.trim() === "close");
}

function hasNoBody(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/** The same length may be said several times (RFC 9110 §8.6). */
function parseLengths(text: string): number | null {
  if (LENGTH.test(text)) return Number(text);
  const [length = "", ...others] = text.split(",").map((each) => each.trim());
  return LENGTH.test(length) && others.every((other) => other === length) ? Number(length) : null;
}
