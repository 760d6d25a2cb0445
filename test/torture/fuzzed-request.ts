import type { Operation, Schema } from "../support/api-document.ts";
import { NAUGHTY_STRINGS, NAUGHTY_VALUES } from "../support/naughty.ts";
import type { SeededRandom } from "../support/seeded-random.ts";
import { brokenText, written } from "./fuzzed-json.ts";

/** A request as the document describes it, or one that is broken somewhere. */
export interface FuzzedRequest {
  readonly operation: Operation;
  /** With its query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Nothing was broken: only what it names may be missing. */
  readonly isSound: boolean;
}

/** What sound requests are made of. */
export interface FuzzedWorld {
  readonly key: string;
  /** Where webhooks may point to. */
  readonly receiver: string;
  /** Ids and cursors that answers have shown, by what they stand for. */
  readonly known: ReadonlyMap<string, readonly string[]>;
}

const BROKEN_SHARE = 0.6;
const PARAMETER_SHARE = 0.3;
const HEADER_VALUE = /^[\x21-\x7e\xa0-\xff]+$/;
/** A URL drops them, and with them the place that they should stand in. */
const NO_SEGMENTS: ReadonlySet<string> = new Set(["", ".", ".."]);
const SEGMENTS = NAUGHTY_STRINGS.filter((text) => !NO_SEGMENTS.has(text));
const HEADER_VALUES = NAUGHTY_STRINGS.filter((text) => HEADER_VALUE.test(text));

/** Draws one request to an operation. */
export function fuzzedRequest(operation: Operation, world: FuzzedWorld, random: SeededRandom): FuzzedRequest {
  const draw = new Draw(operation, world, random, random.chance(BROKEN_SHARE));
  const target = draw.path() + draw.query();
  const headers = draw.headers();
  const body = draw.body();
  return { operation, target, headers, body, isSound: draw.isSound };
}

/** One request while it is being made. */
class Draw {
  isSound = true;
  readonly #operation: Operation;
  readonly #world: FuzzedWorld;
  readonly #random: SeededRandom;
  readonly #mayBreak: boolean;

  constructor(operation: Operation, world: FuzzedWorld, random: SeededRandom, mayBreak: boolean) {
    this.#operation = operation;
    this.#world = world;
    this.#random = random;
    this.#mayBreak = mayBreak;
  }

  path(): string {
    return this.#operation.path.replaceAll(/\{(\w+)\}/g, (_, place: string) => {
      const known = this.#world.known.get(kindOf(this.#operation.path, place)) ?? [];
      const id = this.#one(known, "unknown");
      return encoded(this.#breaks(0.3) ? this.#one(SEGMENTS, id) : id);
    });
  }

  query(): string {
    const given = this.#operation.parameters.filter((parameter) => parameter.in === "query" && this.#isGiven());
    const pairs = given.map(({ name, schema }) => [name, this.#parameter(name, schema)] as const);
    // Filters for different things may exclude one another, which the document can only say in words.
    if (given.filter(({ name }) => name.endsWith("_id")).length > 1) this.isSound = false;
    if (this.#breaks(0.1)) pairs.push([this.#one(NAUGHTY_STRINGS, "a"), this.#one(NAUGHTY_STRINGS, "b")]);
    return pairs.length === 0 ? "" : `?${pairs.map((pair) => pair.map(encoded).join("=")).join("&")}`;
  }

  headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    const isAnonymous = this.#breaks(0.03);
    if (!isAnonymous) headers["Authorization"] = `Bearer ${this.#breaks(0.01) ? "posthorn_wrong" : this.#world.key}`;
    if (this.#operation.body !== null) headers["Content-Type"] = this.#breaks(0.05) ? "text/plain" : "application/json";
    if (this.#breaks(0.02)) headers["Content-Encoding"] = "gzip";
    for (const { name, in: place } of this.#operation.parameters) {
      if (place !== "header" || !this.#random.chance(0.1)) continue;
      headers[name] = this.#breaks(0.5) ? this.#one(HEADER_VALUES, "a") : `sound-${this.#random.between(1, 20)}`;
    }
    return headers;
  }

  body(): string | null {
    const { body } = this.#operation;
    if (body === null) return null;
    const text = JSON.stringify(this.#one(body.examples, {}), (_, value) => this.#inPlace(value));
    if (this.#breaks(0.1)) return brokenText(text, this.#random);
    return this.#breaks(0.7) ? written(JSON.parse(text), this.#random) : text;
  }

  /** Examples name keys and receivers that there are not. */
  #inPlace(value: unknown): unknown {
    if (typeof value !== "string") return value;
    if (value.startsWith("posthorn_")) return this.#world.key;
    return value.startsWith("https://") ? `${this.#world.receiver}/${this.#random.between(1, 1_000)}` : value;
  }

  #parameter(name: string, schema: Schema): string {
    const known = this.#world.known.get(name.replace(/_id$/, "")) ?? [];
    // A cursor is refused when it is another list's, and nobody knows what else a text may have to be.
    if (name === "cursor" || (schema.type === "string" && known.length === 0)) this.isSound = false;
    if (this.#breaks(0.5)) return this.#one([...NAUGHTY_STRINGS, ...NAUGHTY_VALUES.filter(isShort)], "");
    if (schema.enum !== undefined) return String(this.#one(schema.enum, ""));
    if (schema.type === "integer") return String(this.#random.between(schema.minimum ?? 0, schema.maximum ?? 100));
    return this.#one(known, "unknown");
  }

  #isGiven(): boolean {
    return this.#random.chance(PARAMETER_SHARE);
  }

  #breaks(probability: number): boolean {
    const breaks = this.#mayBreak && this.#random.chance(probability);
    if (breaks) this.isSound = false;
    return breaks;
  }

  #one<Choice>(choices: readonly Choice[], otherwise: Choice): Choice {
    return choices[this.#random.between(0, choices.length - 1)] ?? otherwise;
  }
}

function isShort(text: string): boolean {
  return text.length <= 1_000;
}

/** `webhook` for the `{id}` of /api/webhooks/{id}, `delivery` for `{delivery_id}`. */
function kindOf(path: string, place: string): string {
  return place === "id" ? (path.split("/")[2] ?? "").replace(/s$/, "") : place.replace(/_id$/, "");
}

/** Half of a pair of surrogates has no bytes. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
