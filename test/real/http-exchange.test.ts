import { describe, expect, test } from "bun:test";
import {
  CHUNK_FRAMING_MAX_BYTES,
  CHUNK_LINE_MAX_BYTES,
  DRAIN_MAX_BYTES,
  INFORMATIONAL_MAX,
  RESPONSE_HEADERS_MAX,
  TRAILERS_MAX_BYTES,
} from "../../src/limits.ts";
import { type Fed, type Feeding, feed } from "../support/fed-exchange.ts";
import { createSeededRandom, forEachSeed } from "../support/seeded-random.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

interface Sample {
  readonly name: string;
  readonly response: string;
  readonly ending?: Feeding["ending"];
  readonly gives: Partial<Fed>;
}

const SAMPLES: readonly Sample[] = [
  {
    name: "a stated length, and blanks around values",
    response: `${OK}Content-Length: \t 5 \t\r\nX-Empty:\r\nx-Odd!#$%&'*+-.^_\`|~9: caf\u00e9 \x80, b\r\n\r\nhello`,
    gives: {
      status: 200,
      statusText: "OK",
      headers: [
        ["Content-Length", "5"],
        ["X-Empty", ""],
        ["x-Odd!#$%&'*+-.^_`|~9", "caf\u00e9 \x80, b"],
      ],
      body: "hello",
      end: "complete",
      connection: "kept",
    },
  },
  {
    name: "chunks with extensions and trailers",
    response: `${CHUNKED}5 ; a="b;c"\r\nhello\r\n00B\r\n, two words\r\n000\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n`,
    gives: { status: 200, body: "hello, two words", end: "complete", connection: "kept" },
  },
  {
    name: "informational answers before the real one",
    response: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}content-length: 2\r\n\r\nok`,
    gives: { status: 200, headers: [["content-length", "2"]], body: "ok", connection: "kept" },
  },
  {
    name: "a body to the end of the connection",
    response: `${OK}\r\nHTTP/1.1 200 OK\r\n\r\n`,
    ending: "end",
    gives: { status: 200, body: "HTTP/1.1 200 OK\r\n\r\n", end: "complete" },
  },
  {
    name: "no body, and nothing said of one",
    response: "HTTP/1.1 204\r\n\r\n",
    gives: { status: 204, statusText: "", body: "", end: "complete", connection: "kept" },
  },
  {
    name: "no body of no length",
    response: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
    gives: { status: 204, body: "", end: "complete", connection: "kept" },
  },
  {
    name: "no body, though a length is said, which may still come",
    response: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    gives: { status: 304, body: "", end: "complete", connection: "finished" },
  },
  {
    name: "no body, though chunks are said, which may still come",
    response: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: Chunked\r\n\r\n",
    gives: { status: 204, body: "", end: "complete", connection: "finished" },
  },
  {
    name: "the same length three times",
    response: `${OK}Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nok`,
    gives: { status: 200, body: "ok", connection: "kept" },
  },
  {
    name: "HTTP/1.0, whatever it says of its connection",
    response: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    gives: { status: 200, body: "ok", connection: "finished" },
  },
  {
    name: "a last answer on its connection",
    response: "HTTP/1.1 599 Odd  phrase \r\nConnection: x, CLOSE\r\nContent-Length: 2\r\n\r\nok",
    gives: { status: 599, statusText: "Odd  phrase ", body: "ok", connection: "finished" },
  },
  {
    name: "a connection that ends inside a chunk",
    response: `${CHUNKED}5\r\nhel`,
    ending: "end",
    gives: { status: 200, body: "hel", end: "broken" },
  },
  {
    name: "a body to the end of a connection that is reset",
    response: `${OK}\r\nhalf`,
    ending: "reset",
    gives: { status: 200, body: "half", end: "broken" },
  },
  {
    name: "more than the response",
    response: `${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n`,
    gives: { status: 200, body: "ok", end: "complete", connection: "aborted" },
  },
];

describe.each(SAMPLES)("a response with $name", ({ response, ending, gives }) => {
  const options = ending === undefined ? {} : { ending };

  test("is understood at once", async () => {
    expect(await feed([response], options)).toMatchObject(gives);
  });

  test("is understood alike wherever it is split, and byte by byte", async () => {
    const { connection, ...rest } = gives;
    // Where the split leaves nothing behind the response, nothing is known of what would come.
    const expected = connection === "aborted" ? rest : gives;
    for (let at = 1; at < response.length; at++) {
      expect(await feed([response.slice(0, at), response.slice(at)], options)).toMatchObject(expected);
    }
    expect(await feed(response, options)).toMatchObject(expected);
  });
});

const BAD_LENGTHS = ["", "-1", "+1", "1e3", "0x10", "1 2", "2, 3", "2,", "1234567890123456", "\u00b2"];
const BAD_CODINGS = ["gzip", "gzip, chunked", "chunked, chunked", "identity", "", "chunked;q=1"];
const MALFORMED: readonly (readonly [name: string, response: string])[] = [
  ["a folded line", `${OK}X-A: a\r\n b\r\n\r\n`],
  ["a blank before a colon", `${OK}X-A : a\r\n\r\n`],
  ["a blank before the first name", `${OK} X-A: a\r\n\r\n`],
  ["no name", `${OK}: a\r\n\r\n`],
  ["no colon", `${OK}X-A\r\n\r\n`],
  ["a name that is no token", `${OK}X-\u00c4: a\r\n\r\n`],
  ["a NUL in a value", `${OK}X-A: a\0b\r\n\r\n`],
  ["a control character in a value", `${OK}X-A: a\x1bb\r\n\r\n`],
  ["a lone CR in a value", `${OK}X-A: a\rb\r\n\r\n`],
  ["a lone LF behind a line", `${OK}X-A: a\nX-B: b\r\n\r\n`],
  ["lone LFs everywhere", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
  ["a control character in the reason phrase", "HTTP/1.1 200 O\x07K\r\n\r\n"],
  ["an empty line first", `\r\n${OK}\r\n`],
  ["another protocol's name", "ICY 200 OK\r\n\r\n"],
  ["a name in small letters", "http/1.1 200 OK\r\n\r\n"],
  ["HTTP/2", "HTTP/2.0 200 OK\r\n\r\n"],
  ["two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"],
  ["no space behind the status", "HTTP/1.1 200OK\r\n\r\n"],
  ["four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["a status below 100", "HTTP/1.1 099 Low\r\n\r\n"],
  ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
  ["a length beside chunks", `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["chunks beside a length", `${OK}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n`],
  ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["chunks said twice", `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ...BAD_LENGTHS.map((length) => [`the length ${length}`, `${OK}Content-Length: ${length}\r\n\r\nok`] as const),
  ...BAD_CODINGS.map((coding) => [`the coding ${coding}`, `${OK}Transfer-Encoding: ${coding}\r\n\r\n`] as const),
];
const TOO_LONG: readonly (readonly [name: string, response: string])[] = [
  ["too many headers", `${OK}${"X: y\r\n".repeat(RESPONSE_HEADERS_MAX + 1)}\r\n`],
  ["too long a header", `${OK}X: ${"y".repeat(16_384)}\r\n\r\n`],
  ["a header without an end", `${OK}X: ${"y".repeat(16_384)}`],
  ["informational answers without end", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(INFORMATIONAL_MAX + 1)],
];

test.each(MALFORMED)("%s is no response, in one piece or byte by byte", async (_name, response) => {
  const malformed = { failure: "malformed_response", connection: "aborted" };
  expect<unknown>(await feed([response])).toEqual(malformed);
  expect<unknown>(await feed(response)).toEqual(malformed);
});

test.each(TOO_LONG)("%s are not waited for, in one piece or byte by byte", async (_name, response) => {
  const tooLong = { failure: "head_too_long", connection: "aborted" };
  expect<unknown>(await feed([response])).toEqual(tooLong);
  expect<unknown>(await feed(response)).toEqual(tooLong);
});

test("as many headers and informational answers as are allowed are taken", async () => {
  const informational = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(INFORMATIONAL_MAX);
  const headers = `Content-Length: 0\r\n${"X: y\r\n".repeat(RESPONSE_HEADERS_MAX - 1)}`;
  expect(await feed([`${informational}${OK}${headers}\r\n`])).toMatchObject({ status: 200, connection: "kept" });
});

const BROKEN_CHUNKS: readonly (readonly [name: string, body: string])[] = [
  ["no size", "\r\nab\r\n"],
  ["a size that is no number", "g\r\n"],
  ["a negative size", "-1\r\n"],
  ["a size with a prefix", "0x5\r\nhello\r\n"],
  ["a blank before the size", " 5\r\nhello\r\n"],
  ["a size beyond all bounds", "fffffffffff\r\n"],
  ["an extension without a semicolon", "5 a\r\nhello\r\n"],
  ["a line that ends in a lone LF", "5\nhello\r\n0\r\n\r\n"],
  ["a lone CR in a line", "5;\ra\r\n"],
  ["an extension without an end", `5;${"a".repeat(CHUNK_LINE_MAX_BYTES)}`],
  ["trailers without an end", `0\r\n${"X: y\r\n".repeat(TRAILERS_MAX_BYTES / 6 + 1)}`],
];

test.each(BROKEN_CHUNKS)("chunks with %s are a broken body", async (_name, body) => {
  const broken = { status: 200, body: "", end: "broken", connection: "aborted" };
  expect(await feed([CHUNKED + body])).toMatchObject(broken);
  expect(await feed(CHUNKED + body)).toMatchObject(broken);
});

test.each(["5\r\nhelloX", "5\r\nhello\rX", "5\r\nhello0\r\n\r\n"])(
  "a chunk that is longer than it says breaks the body behind it: %j",
  async (body) => {
    expect(await feed([CHUNKED + body])).toMatchObject({ body: "hello", end: "broken", connection: "aborted" });
  },
);

test("many short chunks with long extensions are a broken body", async () => {
  const chunk = `1;${"a".repeat(CHUNK_LINE_MAX_BYTES - 4)}\r\nx\r\n`;
  const fits = Math.floor(TRAILERS_MAX_BYTES / CHUNK_LINE_MAX_BYTES);
  const taken = { body: "x".repeat(fits), end: "complete", connection: "kept" } as const;
  expect(await feed([`${CHUNKED}${chunk.repeat(fits)}0\r\n\r\n`])).toMatchObject(taken);
  const broken = { end: "broken", connection: "aborted" } as const;
  expect(await feed([`${CHUNKED}${chunk.repeat(fits + 1)}0\r\n\r\n`])).toMatchObject(broken);
});

test("thousands of chunks that are shorter than their framing are a broken body", async () => {
  const chunk = "1\r\nx\r\n";
  const fits = Math.floor(CHUNK_FRAMING_MAX_BYTES / (chunk.length - 2));
  const taken = { end: "complete", connection: "kept" } as const;
  expect(await feed([CHUNKED, chunk.repeat(fits), "0\r\n\r\n"], { maxBytes: 4_096 })).toMatchObject(taken);
  const broken = { end: "broken", connection: "aborted" } as const;
  expect(await feed([CHUNKED, chunk.repeat(fits + 3)], { maxBytes: 4_096 })).toMatchObject(broken);
});

test("a body that its last piece makes too long costs its connection, though its end has come", async () => {
  const bytes = DRAIN_MAX_BYTES + 1;
  const pieces = [`${OK}Content-Length: ${bytes}\r\n\r\n`, "x".repeat(bytes)];
  expect(await feed(pieces, { maxBytes: 1 })).toMatchObject({ body: "x", end: "cut", connection: "aborted" });
});

test("no bytes whatever do more than end their exchange in one of the known ways", async () => {
  await forEachSeed(300, async (seed) => {
    const random = createSeededRandom(seed);
    const below = (max: number) => Math.floor(random.unit() * max);
    const sample = SAMPLES[below(SAMPLES.length)]?.response ?? "";
    const bytes = [...sample];
    for (let changes = below(4); changes > 0; changes--) bytes[below(bytes.length)] = String.fromCharCode(below(256));
    const noise = Buffer.from(random.bytes(below(64))).toString("latin1");
    const text = bytes.join("") + noise;
    const at = below(text.length);
    const fed = await feed([text.slice(0, at), text.slice(at)], { ending: "end", maxBytes: 16 });
    expect(fed.failure ?? fed.end).toMatch(/^(malformed_response|head_too_long|connection_reset|complete|cut|broken)$/);
    expect((fed.body ?? "").length).toBeLessThanOrEqual(16);
  });
});
