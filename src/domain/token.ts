const PREFIX = "posthorn_";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62^43 is just above 2^256. */
const RANDOM_DIGITS = 43;
/** 62^6 is above 2^32: room for a CRC-32, in two halves. */
const CHECK_DIGITS = 6;
const TOKEN = /^posthorn_[0-9A-Za-z]{49}$/;

/**
 * The token of a new API key: `posthorn_`, 256 random bits in 43 base62 digits, and 6 check digits, so that a mistyped or
 * cut key is told from an unknown one without a look-up, and secret scanners can be sure of what they found.
 *
 * @param random32 thirty-two random bytes
 */
export function newToken(random32: Uint8Array): string {
  const digits = base62(BigInt(`0x${random32.toHex()}`));
  return PREFIX + digits + checkDigits(digits);
}

/** What is wrong with a text that should be a token; null when its form and its check digits are right. */
export function tokenProblem(text: string): "not_a_token" | "mistyped" | null {
  if (!text.startsWith(PREFIX)) return "not_a_token";
  if (!TOKEN.test(text)) return "mistyped";
  const digits = text.slice(PREFIX.length, -CHECK_DIGITS);
  return text.endsWith(checkDigits(digits)) ? null : "mistyped";
}

/** SHA-256 in hexadecimal: what is stored of a key or a session's token. They are random enough to need no salt. */
export function hashToken(token: string): string {
  return Bun.SHA256.hash(token, "hex");
}

/** In small whole numbers: a key is checked with every request. */
function checkDigits(digits: string): string {
  const crc = Bun.hash.crc32(digits);
  return threeDigits(Math.floor(crc / 62 ** 3)) + threeDigits(crc % 62 ** 3);
}

function threeDigits(value: number): string {
  const upper = Math.floor(value / 62);
  return DIGITS.charAt(Math.floor(upper / 62)) + DIGITS.charAt(upper % 62) + DIGITS.charAt(value % 62);
}

function base62(value: bigint): string {
  let text = "";
  for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text;
  return text.padStart(RANDOM_DIGITS, "0");
}
