import type { Millis } from "../world.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTH = `(?<month>${MONTHS.join("|")})`;
/** 60 is a leap second: read as the first second of the next minute. */
const TIME = "(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|60)";
const FORMS = [
  new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`),
  new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})$`),
];

/**
 * A point in time as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`, or one of the two obsolete forms that a recipient
 * must still read (RFC 9110 §5.6.7). All three are UTC. Null for any other text and for a day that does not exist; the
 * name of the day is not compared with the date. `Date.parse` is no help: it guesses, and takes the third form for local
 * time.
 *
 * @param now decides the century of a two-digit year
 */
export function parseHttpDate(text: string, now: Millis): Millis | null {
  const groups = FORMS.map((form) => form.exec(text)?.groups).find((match) => match !== undefined);
  if (groups === undefined) return null;
  const { year = "", month = "", day, hour, minute, second } = groups;
  const fullYear = year.length === 2 ? withCentury(Number(year), now) : Number(year);
  const midnight = midnightOf(fullYear, MONTHS.indexOf(month), Number(day));
  return midnight === null ? null : midnight + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000;
}

const YEARS_AHEAD_MAX = 50;

/** The same RFC: what looks more than 50 years ahead lies in the past, in the latest year that ends so. */
function withCentury(lastDigits: number, now: Millis): number {
  const latest = new Date(now).getUTCFullYear() + YEARS_AHEAD_MAX;
  return latest - ((latest - lastDigits) % 100);
}

/** Not `Date.UTC`, for which the year 99 is 1999. */
function midnightOf(year: number, month: number, day: number): Millis | null {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getUTCMonth() === month && date.getUTCDate() === day ? date.getTime() : null;
}
