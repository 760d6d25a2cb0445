/**
 * The two kinds of secret that Posthorn itself makes, API keys and webhook secrets, whole or cut off, also as they stand in a
 * URL.
 */
const TOKEN = /(posthorn_[0-9A-Za-z]|whsec_[0-9A-Za-z+/%_-])[0-9A-Za-z+/=%_-]{8,}/g;

/** A text in which nobody reads a key or a secret that somebody put in the wrong place. */
export function maskTokens(text: string): string {
  if (!mayHoldToken(text)) return text;
  return text.replace(TOKEN, (found) => `${found.slice(0, found.indexOf("_") + 1)}***`);
}

/** Whether `maskTokens` is worth its time. */
export function mayHoldToken(text: string): boolean {
  return text.includes("posthorn_") || text.includes("whsec_");
}
