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
  const wire: [name: string, value: string][] = [];
  for (const [name, value] of ALWAYS) if (!headers.some((own) => isSameName(own[0], name))) wire.push([name, value]);
  for (const [name, value] of headers) wire.push([name, value]);
  return wire;
}

/** The lengths tell almost all names apart, and this is asked for every header of every request. */
function isSameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}
