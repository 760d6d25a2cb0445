import { beforeAll, expect, test } from "bun:test";
import { builtBinary } from "../support/binary-build.ts";
import { startWireScene, WIRE_KEY } from "../support/wire-scene.ts";

const BUILD_MAX_MS = 120_000;
beforeAll(async () => void (await builtBinary()), BUILD_MAX_MS);

const CHUNKED = "Transfer-Encoding: chunked";
const REFUSED = "400 closed";

/** What is written, and what must be seen of it. */
type Attack = readonly [bytes: string, seen: string];

function event(id: string): string {
  return JSON.stringify({ type: "resume.created", id, data: {} });
}

/** A request that stores an event, with these lines in its head; its framing is their affair. */
function post(lines: readonly string[], body: string): string {
  const head = ["POST /api/events HTTP/1.1", "Host: a", `Authorization: Bearer ${WIRE_KEY}`];
  return [...head, "Content-Type: application/json", ...lines, "", body].join("\r\n");
}

function lengthOf(body: string): string {
  return `Content-Length: ${body.length}`;
}

function chunks(body: string, behind = ""): string {
  return `${body.length.toString(16)}\r\n${body}\r\n0\r\n${behind}\r\n`;
}

function whole(id: string): string {
  return post([lengthOf(event(id))], event(id));
}

/** In the place of a body, or behind it: stored only by who reads the request otherwise than it is framed. */
const SMUGGLED = whole("smuggled");

/** The ways to write Transfer-Encoding that some servers take for chunked and others do not. */
const ODD_ENCODINGS = [
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding : chunked",
  " Transfer-Encoding: chunked",
  "Transfer-Encoding:\x0bchunked",
  "Transfer-Encoding: chunked\0",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: identity, chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: chunked;q=1",
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding:",
  "Transfer-Encoding:\r\n chunked",
  "X-A: b\r\n Transfer-Encoding: chunked",
  "X-A: b\nTransfer-Encoding: chunked",
  "X-A: b\rTransfer-Encoding: chunked",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
  "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
];

const PAIRS: Readonly<Record<string, Attack>> = {
  "CL.TE": [post([lengthOf(`0\r\n\r\n${SMUGGLED}`), CHUNKED], `0\r\n\r\n${SMUGGLED}`), REFUSED],
  "TE.CL": [post([CHUNKED, "Content-Length: 4"], chunks(SMUGGLED)), REFUSED],
  ...Object.fromEntries(
    ODD_ENCODINGS.flatMap((encoding) => [
      [`TE alone, ${JSON.stringify(encoding)}`, [post([encoding], chunks(event("odd"))), REFUSED]],
      [`TE.TE, ${JSON.stringify(encoding)}`, [post([CHUNKED, encoding], chunks(event("odd"))), REFUSED]],
      [`TE.CL, ${JSON.stringify(encoding)}`, [post([encoding, lengthOf(SMUGGLED)], SMUGGLED), REFUSED]],
    ]),
  ),
};

const LENGTHS: Readonly<Record<string, Attack>> = {
  "CL,CL that differ, the longer one first": [
    post([lengthOf(event("two") + SMUGGLED), lengthOf(event("two"))], event("two") + SMUGGLED),
    REFUSED,
  ],
  "CL,CL that differ, the shorter one first": [
    post([lengthOf(event("two")), lengthOf(event("two") + SMUGGLED)], event("two") + SMUGGLED),
    REFUSED,
  ],
  "CL,CL in one line": [post([`${lengthOf(event("two"))}, ${event("two").length}`], event("two")), REFUSED],
  // RFC 9110 §8.6 lets a server take them for one.
  "CL,CL that agree": [post([lengthOf(event("agreed")), lengthOf(event("agreed"))], event("agreed")), "202"],
  ...Object.fromEntries(
    ["+5", "-1", "0x10", "1e1", "", "abc", "5 5", "5,", "\x0b5", "99999999999999999999", "18446744073709551661"].map(
      (value) => [`a length of ${JSON.stringify(value)}`, [post([`Content-Length: ${value}`], event("no")), REFUSED]],
    ),
  ),
  "a length with a space before its colon": [post([`Content-Length : ${event("no").length}`], event("no")), REFUSED],
  "a length that is asked for first": [post(["Expect: 100-continue", lengthOf(event("asked"))], event("asked")), "202"],
  "a length that expects what nobody knows": [
    post(["Expect: 200-ok", lengthOf(event("hoped"))], event("hoped")),
    "202",
  ],
  "a length beyond all bounds": [post(["Content-Length: 4294967297"], event("no")), "413 closed"],
};

const CHUNKS: Readonly<Record<string, Attack>> = {
  chunks: [post([CHUNKED], chunks(event("chunked"))), "202"],
  "chunks, named in another case": [post(["transfer-encoding:\tCHUNKED "], chunks(event("cased"))), "202"],
  "a chunk with an extension": [post([CHUNKED], chunks(event("extended")).replace("\r\n", ";a=b\r\n")), "202"],
  "a chunk a byte": [
    post([CHUNKED], `${[...event("bytes")].map((byte) => `1\r\n${byte}\r\n`).join("")}0\r\n\r\n`),
    "202",
  ],
  // Bun takes no trailers. What bears them may not be stored, for it is refused.
  "a trailer": [post([CHUNKED], chunks(event("trailer"), "X-Tenant: other\r\n")), REFUSED],
  "garbage behind the last chunk": [post([CHUNKED], chunks(event("garbage"), "GARBAGE\r\n")), REFUSED],
  ...Object.fromEntries(
    Object.entries({
      "that is no number": (size: string) => `zz${size}`,
      "below zero": (size: string) => `-${size}`,
      "with a sign": (size: string) => `+${size}`,
      "with a prefix": (size: string) => `0x${size}`,
      "of more than 64 bits": (size: string) => `1${size.padStart(16, "0")}`,
      "with a space behind it": (size: string) => `${size} `,
      "that is empty": () => "",
      "that ends in a line feed alone": (size: string) => `${size};\n`,
    }).map(([name, size]) => {
      const body = event("sized");
      const line = `${size(body.length.toString(16))}\r\n`.replace("\n\r\n", "\n");
      return [`a size ${name}`, [post([CHUNKED], `${line}${body}\r\n0\r\n\r\n`), REFUSED]];
    }),
  ),
  "chunks without CR": [post([CHUNKED], chunks(event("lines")).replaceAll("\r\n", "\n")), REFUSED],
  "a chunk longer than its size": [post([CHUNKED], chunks(event("long")).replace("}\r\n", "}XX")), REFUSED],
  "chunks in HTTP/1.0": [post([CHUNKED], chunks(event("old"))).replace("HTTP/1.1", "HTTP/1.0"), REFUSED],
};

/** Bodies that nobody reads must not be taken for the next request. */
const UNREAD: Readonly<Record<string, Attack>> = Object.fromEntries(
  (
    [
      ["GET /livez", "200"],
      ["POST /api/session", "415"],
      ["DELETE /api/nothing", "404"],
      ["PATCH /api/events", "405"],
      ["POST /api/events", "401"],
    ] as const
  ).flatMap(([route, seen]) => [
    [`${route} with a body`, [`${route} HTTP/1.1\r\nHost: a\r\n${lengthOf(SMUGGLED)}\r\n\r\n${SMUGGLED}`, seen]],
    [`${route} with chunks`, [`${route} HTTP/1.1\r\nHost: a\r\n${CHUNKED}\r\n\r\n${chunks(SMUGGLED)}`, seen]],
  ]),
);

const TOO_LONG = SMUGGLED + "x".repeat(300 * 1_024);
const TOO_LARGE: Readonly<Record<string, Attack>> = {
  "a body that is too large": [post([lengthOf(TOO_LONG)], TOO_LONG), "413"],
  "chunks that are too large": [post([CHUNKED], chunks(TOO_LONG)), "413"],
};

test.each([
  ["no pair of lengths and encodings is read in two ways", PAIRS],
  ["no length is read in two ways", LENGTHS],
  ["no chunk is read in two ways", CHUNKS],
  ["a body that nobody reads is no request", UNREAD],
  ["a body that is too large is no request", TOO_LARGE],
])(
  "%s, and stored is what was acknowledged",
  async (_, attacks) => {
    await using scene = await startWireScene();
    const seen: Record<string, string> = {};
    for (const [name, [bytes]] of Object.entries(attacks)) seen[name] = await scene.strike(bytes);
    expect(seen).toEqual(Object.fromEntries(Object.entries(attacks).map(([name, [, expected]]) => [name, expected])));
    await scene.end();
  },
  60_000,
);
