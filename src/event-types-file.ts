import { EVENT_TYPE_FORM, type EventType, isEventTypeName } from "./domain/event-types.ts";
import { didYouMean } from "./domain/suggestion.ts";
import { invalid, type Parsed, show, valid } from "./setting.ts";
import { EVENT_TYPES_MAX } from "./setting-limits.ts";

const FIELDS = ["name", "description", "sample"];

/** The catalogue that an operator wrote: JSON, a list of `{name, description, sample}`, the last two optional. */
export function parseEventTypes(json: string): Parsed<readonly EventType[]> {
  const entries = parseJson(json);
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > EVENT_TYPES_MAX) {
    return invalid(`\`any\` or a JSON list of 1 to ${EVENT_TYPES_MAX} objects {name, description, sample}`);
  }
  const types: EventType[] = [];
  for (const [index, entry] of entries.entries()) {
    const type = parseEntry(entry, types);
    if (typeof type === "string") return invalid(`a list of event types, but entry ${index + 1} ${type}`);
    types.push(type);
  }
  return valid(Object.freeze(types));
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** The event type, or what is wrong with the entry. */
function parseEntry(entry: unknown, before: readonly EventType[]): EventType | string {
  if (!isObject(entry)) return "is not an object";
  const { name, description = "", sample = {}, ...others } = entry;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return `has an unknown field ${show(unknown)}.${didYouMean(unknown, FIELDS)}`.trimEnd();
  if (typeof name !== "string") return 'has no name, such as "order.created"';
  if (!isEventTypeName(name)) return `has the name ${show(name)}: a name such as "order.created" is ${EVENT_TYPE_FORM}`;
  if (before.some((type) => type.name === name)) return `repeats the name ${show(name)}`;
  if (typeof description !== "string") return "has a description that is not a text";
  if (!isObject(sample)) return "has a sample that is not an object";
  return Object.freeze({ name, description, sample });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
