/** A response as it stands on a connection. */
export interface WireResponse {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * The first response in a text of one character a byte, and how long it is; null while it is not whole.
 *
 * Those without a length are taken to have no body: answers of 1xx, of 204, and what a server says before it closes.
 */
export function readResponse(text: string): { readonly response: WireResponse; readonly length: number } | null {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const [statusLine = "", ...lines] = text.slice(0, headEnd).split("\r\n");
  const [, status] = STATUS_LINE.exec(statusLine) ?? [];
  if (status === undefined) throw new Error(`this is no response: ${JSON.stringify(text.slice(0, 200))}`);
  const headers = new Map(lines.map((line) => [line.split(":", 1)[0]?.toLowerCase() ?? "", valueIn(line)]));
  const bodyAt = headEnd + HEAD_END.length;
  const length = Number(headers.get("content-length") ?? "0");
  if (text.length < bodyAt + length) return null;
  const body = text.slice(bodyAt, bodyAt + length);
  return { response: { status: Number(status), headers, body }, length: bodyAt + length };
}

const HEAD_END = "\r\n\r\n";
const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) /;

function valueIn(line: string): string {
  return line.slice(line.indexOf(":") + 1).trim();
}
