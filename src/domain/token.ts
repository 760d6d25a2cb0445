const PREFIX = "posthorn_";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62^43 is just above 2^256. */
const RANDOM_DIGITS = 43;
/** 62^6 is above 2^32: room for a CRC-32. */
const CHECK_DIGITS = 6;
const TOKEN_CHARACTERS = PREFIX.length + RANDOM_DIGITS + CHECK_DIGITS;
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));

/**
 * The token of a new API key: `posthorn_`, 256 random bits in 43 base62 digits, and 6 check digits, so that a mistyped or
 * cut key is told from an unknown one without a look-up, and secret scanners can be sure of what they found.
 *
 * @param random32 thirty-two random bytes
 */
export function newToken(random32: Uint8Array): string {
  const digits = base62(BigInt(`0x${random32.toHex()}`), RANDOM_DIGITS);
  return PREFIX + digits + base62(BigInt(Bun.hash.crc32(digits)), CHECK_DIGITS);
}

/** What is wrong with a text that should be a token; null when its form and its check digits are right. */
export function tokenProblem(text: string): "not_a_token" | "mistyped" | null {
  if (!text.startsWith(PREFIX)) return "not_a_token";
  if (text.length !== TOKEN_CHARACTERS) return "mistyped";
  const checked = Bun.hash.crc32(text.slice(PREFIX.length, -CHECK_DIGITS));
  return checked === base62Value(text, TOKEN_CHARACTERS - CHECK_DIGITS) ? null : "mistyped";
}

/** SHA-256 in hexadecimal: what is stored of a key or a session's token. They are random enough to need no salt. */
export function hashToken(token: string): string {
  return Bun.SHA256.hash(token, "hex");
}

function base62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text;
  return text.padStart(length, "0");
}

/** In plain numbers, since every request bears a key. Not a number where a character is no digit. */
function base62Value(text: string, start: number): number {
  let value = 0;
  for (let at = start; at < text.length; at++) value = value * 62 + (VALUES.get(text.charAt(at)) ?? Number.NaN);
  return value;
}
