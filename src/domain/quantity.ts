/** Largest first, so that the first one that divides exactly is the one to write. */
const DURATION_UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

const SIZE_UNITS = [
  ["MB", 1_024 * 1_024],
  ["KB", 1_024],
  ["B", 1],
] as const;

type Units = readonly (readonly [name: string, factor: number])[];

/** `200ms`, `30s`, `5m`, `2h`, `14d`: a whole number and one unit. In milliseconds; null for any other text. */
export function parseDuration(text: string): number | null {
  return parse(text, DURATION_UNITS);
}

/** The text with the largest unit that `parseDuration` reads as exactly `ms`, a whole number: 90,000 is `90s`. */
export function formatDuration(ms: number): string {
  return format(ms, DURATION_UNITS);
}

/** `512B`, `256KB`, `16MB`: a whole number and one unit of 1,024 steps. In bytes; null for any other text. */
export function parseSize(text: string): number | null {
  return parse(text, SIZE_UNITS);
}

/** The text with the largest unit that `parseSize` reads as exactly `bytes`, a whole number: 1,536 is `1536B`. */
export function formatSize(bytes: number): string {
  return format(bytes, SIZE_UNITS);
}

const QUANTITY = /^(0|[1-9]\d*)([A-Za-z]+)$/;

function parse(text: string, units: Units): number | null {
  const [, digits, name] = QUANTITY.exec(text) ?? [];
  const unit = units.find((candidate) => candidate[0] === name);
  if (unit === undefined) return null;
  const value = Number(digits) * unit[1];
  return Number.isSafeInteger(value) ? value : null;
}

function format(value: number, units: Units): string {
  const unit = units.find(([, factor]) => value % factor === 0 && (value !== 0 || factor === 1));
  if (unit === undefined) throw new RangeError(`${value} is not a whole number.`);
  return `${value / unit[1]}${unit[0]}`;
}
