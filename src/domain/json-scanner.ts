const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const NUMBER_OR_WORD = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_PLAIN = /["\\\u0000-\u001f]/g;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * One walk over one text: call `scan` once, then read `members`. It checks the grammar of RFC 8259, keeps no value but the
 * slices of the outermost object's members, and remembers nothing of what is open but its closing brackets.
 */
export class JsonScanner {
  readonly members = new Map<string, string>();
  /** Keys given again, each as often as it was. */
  readonly repeated: string[] = [];
  readonly #text: string;
  readonly #bounds: JsonBounds;
  /** The brackets that will close what is open, innermost last. */
  readonly #closers: number[] = [];
  #at = 0;
  /** The outermost object's current member. */
  #memberKey = "";
  #memberStart = 0;

  constructor(text: string, bounds: JsonBounds) {
    this.#text = text;
    this.#bounds = bounds;
  }

  /**
   * Down to a first scalar, up to the next comma, down again, until nothing is open.
   *
   * @throws Refusal
   */
  scan(): void {
    this.#skipSpace();
    const start = this.#at;
    do this.#descend();
    while (this.#ascend());
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#expected("nothing more after the outermost value");
    if (this.#text.charCodeAt(start) !== OPEN_BRACE) throw new Refusal("not_object", "Expected an object", start);
  }

  /** From the start of a value through opening brackets to the end of a scalar, or of an empty object or array. */
  #descend(): void {
    let closer = closerOf(this.#next());
    while (closer !== null) {
      this.#open(closer);
      if (this.#next() === closer) return void this.#close();
      if (closer === CLOSE_BRACE) this.#key();
      closer = closerOf(this.#next());
    }
    this.#scalar();
  }

  /** From the end of a value through closing brackets. True: past a comma, to the start of another value. */
  #ascend(): boolean {
    for (;;) {
      const closer = this.#closers[this.#closers.length - 1];
      if (closer === undefined) return false;
      if (closer === CLOSE_BRACE && this.#closers.length === 1) this.#keepMember();
      this.#skipSpace();
      if (this.#next() === COMMA) return this.#passComma(closer);
      if (this.#next() !== closer) throw this.#expected(`',' or '${String.fromCharCode(closer)}' after a value`);
      this.#close();
    }
  }

  #open(closer: number): void {
    const { depthMax } = this.#bounds;
    if (this.#closers.length === depthMax) {
      throw new Refusal("too_deep", `Objects and arrays are nested deeper than ${depthMax} levels`, this.#at);
    }
    this.#closers.push(closer);
    this.#passSign();
  }

  #close(): void {
    this.#closers.pop();
    this.#at++;
  }

  #passComma(closer: number): true {
    this.#passSign();
    if (closer === CLOSE_BRACE) this.#key();
    return true;
  }

  /** A key and its colon, to the start of the value. */
  #key(): void {
    if (this.#next() !== QUOTE) throw this.#expected("a key in double quotes");
    const start = this.#at;
    this.#string();
    const end = this.#at;
    this.#skipSpace();
    if (this.#next() !== COLON) throw this.#expected("':' after a key");
    this.#passSign();
    if (this.#closers.length === 1) this.#startMember(keyOf(this.#text.slice(start, end)));
  }

  #startMember(key: string): void {
    const { membersMax } = this.#bounds;
    if (this.members.size + this.repeated.length === membersMax) {
      throw new Refusal("too_many", `There are more than ${membersMax} fields`, this.#at);
    }
    if (this.members.has(key)) this.repeated.push(key);
    this.#memberKey = key;
    this.#memberStart = this.#at;
  }

  #keepMember(): void {
    this.members.set(this.#memberKey, this.#text.slice(this.#memberStart, this.#at));
  }

  #scalar(): void {
    if (this.#next() === QUOTE) this.#string();
    else if (!this.#skip(NUMBER_OR_WORD)) throw this.#expected("a value");
  }

  #string(): void {
    this.#at = endOfPlain(this.#text, this.#at + 1);
    while (this.#next() !== QUOTE) {
      if (!this.#skip(ESCAPE)) throw this.#expected(wantedInString(this.#next()));
      this.#at = endOfPlain(this.#text, this.#at);
    }
    this.#at++;
  }

  /** Moves behind what a sticky pattern matches here, if it does. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  /** A bracket, comma or colon, and the space behind it. */
  #passSign(): void {
    this.#at++;
    this.#skipSpace();
  }

  #skipSpace(): void {
    if (this.#next() <= SPACE) this.#at = endOfSpace(this.#text, this.#at);
  }

  /** Not a number at the end of the text. */
  #next(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #expected(what: string): Refusal {
    const end = this.#at >= this.#text.length ? ", but the text ends" : "";
    return new Refusal("syntax", `Expected ${what}${end}`, this.#at);
  }
}

/** What a text may hold at most, so that reading it costs no more than its characters. */
export interface JsonBounds {
  /** Objects and arrays within each other, the outermost object included. */
  readonly depthMax: number;
  /** Of the outermost object, those given again included. */
  readonly membersMax: number;
}

export type ScanProblem = "syntax" | "too_deep" | "too_many" | "not_object";

/** Why a text was refused: half a sentence, to which the place is added, and the place as an index. */
export class Refusal extends Error {
  readonly problem: ScanProblem;
  readonly position: number;

  constructor(problem: ScanProblem, message: string, position: number) {
    super(message);
    this.problem = problem;
    this.position = position;
  }
}

function wantedInString(code: number): string {
  if (Number.isNaN(code)) return "'\"' at the end of a string";
  return code === BACKSLASH
    ? "an escape such as \\n or \\u0041"
    : "an escape such as \\n in place of a control character";
}

function closerOf(code: number): number | null {
  if (code === OPEN_BRACE) return CLOSE_BRACE;
  return code === OPEN_BRACKET ? CLOSE_BRACKET : null;
}

// The two loops that see most characters work on locals: five times as fast as on the scanner's fields.

function endOfSpace(text: string, start: number): number {
  let at = start;
  let code = text.charCodeAt(at);
  while (code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB) code = text.charCodeAt(++at);
  return at;
}

/** Of what stands for itself in a string: up to a quote, a backslash, a control character or the end of the text. */
function endOfPlain(text: string, start: number): number {
  const far = start + SHORT_CHARACTERS;
  let at = start;
  let code = text.charCodeAt(at);
  while (code >= SPACE && code !== QUOTE && code !== BACKSLASH && at < far) code = text.charCodeAt(++at);
  return at < far ? at : searchEnd(text, at);
}

/** A search looks at many characters at once, and takes as long to begin as the loop takes for these. */
const SHORT_CHARACTERS = 32;

function searchEnd(text: string, start: number): number {
  NOT_PLAIN.lastIndex = start;
  return NOT_PLAIN.test(text) ? NOT_PLAIN.lastIndex - 1 : text.length;
}

function keyOf(literal: string): string {
  return literal.includes("\\") ? JSON.parse(literal) : literal.slice(1, -1);
}
