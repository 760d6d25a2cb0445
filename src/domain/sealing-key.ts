import { createHash } from "node:crypto";

const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;
const ID_CHARACTERS = 8;

/** The 32 bytes of a key that seals secrets at rest, from base64 or hexadecimal; null when the text is neither. */
export function parseSealingKey(text: string): Uint8Array | null {
  if (HEX.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  return BASE64.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : null;
}

/** What tells keys apart without giving anything of them away: stands in every sealed value, and in names of files. */
export function sealingKeyId(key: Uint8Array): string {
  return createHash("sha256").update("posthorn key id").update(key).digest("hex").slice(0, ID_CHARACTERS);
}
