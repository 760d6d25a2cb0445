/** What is looked for, by the name that a failure tells. */
export type Secrets = Readonly<Record<string, string>>;

const GROUP_BYTES = 3;
const GROUP_CHARACTERS = 4;

/**
 * Which of the secrets lie in these bytes, in whatever form: as they are, in UTF-16, hexadecimal or base64 (alone or in the middle
 * of something longer), escaped as in JSON or in a URL.
 *
 * @param place where the bytes are from
 * @returns one line for each that was found
 */
export function secretsFound(secrets: Secrets, place: string, bytes: string | Uint8Array): readonly string[] {
  const haystack = Buffer.from(bytes);
  return Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret)
      .filter(([, needle]) => haystack.includes(needle))
      .map(([form]) => `${name}, ${form}, in ${place}`),
  );
}

function formsOf(secret: string): readonly (readonly [form: string, needle: string | Uint8Array])[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  return [
    ["in clear", bytes],
    ["as JSON", JSON.stringify(secret).slice(1, -1)],
    ["as in a URL", encodeURIComponent(secret)],
    ["in UTF-16", Buffer.from(secret, "utf16le")],
    ["in hexadecimal", hex],
    ["in capital hexadecimal", hex.toUpperCase()],
    ...[0, 1, 2].map((offset) => ["in base64", base64Within(bytes, offset)] as const),
    ...[0, 1, 2].map((offset) => ["in base64url", base64Within(bytes, offset, "base64url")] as const),
  ];
}

/** What the base64 of a longer text has of these bytes, whatever stands around them, when they begin `offset` bytes into a group. */
function base64Within(bytes: Uint8Array, offset: number, alphabet: "base64" | "base64url" = "base64"): string {
  const skipped = (GROUP_BYTES - offset) % GROUP_BYTES;
  const whole = Math.floor((bytes.length - skipped) / GROUP_BYTES);
  const text = Buffer.from(bytes.subarray(skipped, skipped + whole * GROUP_BYTES)).toString(alphabet);
  return text.slice(0, whole * GROUP_CHARACTERS);
}
