/** A posted event's `data` begins with its number and the moment it was due to be posted, both of fixed width. */
const NUMBER_DIGITS = 8;
const TIME_CHARACTERS = 17;
const MARK = '"data":{"n":"';
const BETWEEN = '","at":"';

/** What the receiver reads back out of a delivery. */
export interface Stamp {
  readonly number: number;
  /** By `now` of clock.ts; 0: not to be timed. */
  readonly at: number;
}

/** Makes bodies for `POST /api/events` whose `data` is `dataBytes` long. @throws RangeError when that is too short */
export function payloadMaker(dataBytes: number): (type: string, stamp: Stamp) => string {
  const padding = dataBytes - `{"n":"${BETWEEN}","pad":""}`.length - NUMBER_DIGITS - TIME_CHARACTERS;
  if (padding < 0) throw new RangeError(`No stamp fits into ${dataBytes} bytes.`);
  const end = `","pad":"${"x".repeat(padding)}"}}`;
  return (type, { number, at }) =>
    `{"type":"${type}",${MARK}${String(number).padStart(NUMBER_DIGITS, "0")}${BETWEEN}${at.toFixed(3).padStart(TIME_CHARACTERS, "0")}${end}`;
}

/** Null: not one of these. */
export function stampOf(body: string): Stamp | null {
  const begin = body.indexOf(MARK);
  if (begin < 0) return null;
  const number = begin + MARK.length;
  const at = number + NUMBER_DIGITS + BETWEEN.length;
  return {
    number: Number(body.slice(number, number + NUMBER_DIGITS)),
    at: Number(body.slice(at, at + TIME_CHARACTERS)),
  };
}
