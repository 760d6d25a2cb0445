import type { HttpSettings } from "./parts.ts";

/** Adds to the headers of an answer what the public URL asks for. Answers of a kind still share theirs. */
export type TlsOnly = (headers: Headers) => Headers;

/**
 * Where the public URL is https, browsers are told to come back over TLS alone, also when somebody types the address without
 * it (RFC 6797): else whoever sits between could show them a page of their own, and be given a key. It is said of this host
 * and for a year; of the names below it Posthorn knows nothing.
 */
export function tlsOnly({ publicUrl }: Pick<HttpSettings, "publicUrl">): TlsOnly {
  if (publicUrl?.protocol !== "https:") return (headers) => headers;
  const known = new WeakMap<Headers, Headers>();
  return (headers) => {
    const kept = known.get(headers);
    if (kept !== undefined) return kept;
    const extended = new Headers(headers);
    extended.set("Strict-Transport-Security", `max-age=${YEAR_SECONDS}`);
    known.set(headers, extended);
    return extended;
  };
}

const YEAR_SECONDS = 31_536_000;
