import type { Millis } from "../world.ts";

/** RFC 3339 §5.6: a date, a time with seconds, and an offset. */
const RFC3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;

/** What `parseInstant` reads, in words that follow "Must be". */
export const INSTANT_FORM = "a time such as 2024-12-30T10:00:00Z (RFC 3339)";

/** A point in time as a client writes it, or null for any other text, also for a day that does not exist. */
export function parseInstant(text: string): Millis | null {
  const [, , day] = RFC3339.exec(text) ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(text.toUpperCase());
  return Number.isNaN(at) || !hasDay(text, Number(day)) ? null : at;
}

/** `Date.parse` reads the 31st of February as the 3rd of March. */
function hasDay(text: string, day: number): boolean {
  const [year = 0, month = 0] = text.split("-", 2).map(Number);
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
