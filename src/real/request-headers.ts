type HeaderList = readonly (readonly [name: string, value: string])[];

/**
 * What stands in a request beside its own headers, for every client alike: any body will do, but not a compressed one,
 * since what is kept of it is shown to people as it came.
 */
const ALWAYS: HeaderList = [
  ["Accept", "*/*"],
  ["Accept-Encoding", "identity"],
];

/** The headers to send; one that the request sets itself is left as it is. */
export function wireHeaders(headers: HeaderList): [name: string, value: string][] {
  const own = new Set(headers.map(([name]) => name.toLowerCase()));
  return [...ALWAYS.filter(([name]) => !own.has(name.toLowerCase())), ...headers].map(([name, value]) => [name, value]);
}
