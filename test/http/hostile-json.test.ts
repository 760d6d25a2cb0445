import { describe, expect, test } from "bun:test";
import { EVENT_SIZE_MAX_BYTES } from "../../src/limits.ts";
import { type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const DIGITS = "1234567890".repeat(1_000);
const PATIENCE_MS = 20_000;

function post(app: HttpApp, body: string | Uint8Array): Promise<Told> {
  return app.call("POST", "/api/events", { body, headers: JSON_TYPE });
}

function eventWith(data: string): string {
  return `{"type":"resume.created","data":${data}}`;
}

describe("what no JavaScript value could hold is kept in the data of an event", () => {
  test.each([
    ["an integer beyond 2^53", "9007199254740993"],
    ["a number beyond all doubles", "1e400"],
    ["a number below all doubles", "-1E-400"],
    ["minus zero", "-0"],
    ["zeros at the end", "1.0000"],
    ["ten thousand digits", DIGITS],
    ["ten thousand digits behind the point", `0.${DIGITS}`],
    ["an exponent of ten thousand digits", `1e${DIGITS}`],
    ["half of a surrogate pair", '"\\ud800"'],
    ["halves in the wrong order", '"\\udc00\\ud800"'],
    ["NUL", '"\\u0000"'],
    ["escapes that nothing needs", '"\\u0041\\/\\b"'],
    ["a key given twice", '{"a":1,"a":2}'],
    ["keys of prototypes", '{"__proto__":{"x":1},"constructor":{"prototype":1},"toString":null}'],
    ["space between", "[ 1 ,\r\n\t2 ]"],
    ["what HTML would run", '"</script><script>alert(1)</script>\u2028\u2029"'],
  ])("%s", async (_, value) => {
    await using app = await startHttpApp();
    const data = `{"value":${value},"list":[${value}]}`;
    const told = await post(app, eventWith(data));
    expect([told.status, told.text]).toEqual([202, expect.any(String)]);
    expect((await app.call("GET", `/api/events/${told.textAt("data.id")}`)).text).toContain(`"data":${data}`);
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });
});

describe("in the fields of our own it is a 422", () => {
  test.each([
    ["a number for a text", "description", "9007199254740993"],
    ["a number beyond all doubles", "timeout", "1e400"],
    ["ten thousand digits", "active", DIGITS],
    ["half of a surrogate pair", "description", '"a\\ud800"'],
    ["half of a surrogate pair in a list", "events", '["*","\\uDFFF"]'],
    ["half of a surrogate pair in a name", "headers", '{"\\ud800":"a"}'],
    ["a prototype", "headers", '{"__proto__":{"a":"b"}}'],
  ])("%s", async (_, field, value) => {
    await using app = await startHttpApp();
    const body = `{"url":"https://example.com","events":["*"],"${field}":${value}}`.replace(
      '"events":["*"],"events"',
      '"events"',
    );
    const told = await app.call("POST", "/api/webhooks", { body, headers: JSON_TYPE });
    expect([told.status, told.at("error.code")]).toEqual([422, "validation_failed"]);
    expect(told.textAt("error.details.0.path")).toStartWith(`/${field}`);
    expect(told.text.length).toBeLessThan(1_000);
    expect((await app.call("GET", "/api/webhooks")).at("data")).toEqual([]);
  });
});

describe("bytes that are no UTF-8 are a 400", () => {
  test.each([
    ["a byte that never occurs", [0xff]],
    ["a continuation alone", [0x80]],
    ["a sequence cut off", [0xe2, 0x82]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["an overlong NUL", [0xc0, 0x80]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a pair of surrogates", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["five bytes for one character", [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ["UTF-16", [0x00, 0x7b]],
  ])("%s", async (_, bytes) => {
    await using app = await startHttpApp();
    const [before = "", after = ""] = eventWith('{"a":"|"}').split("|");
    const told = await post(app, Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]));
    expect([told.status, told.at("error.code")]).toEqual([400, bytes[0] === 0 ? "invalid_json" : "invalid_encoding"]);
    expect((await app.call("GET", "/api/events")).at("data")).toEqual([]);
  });

  test.each([
    ["UTF-8", [0xef, 0xbb, 0xbf]],
    ["UTF-16", [0xff, 0xfe]],
  ])("so is a byte order mark of %s", async (_, mark) => {
    await using app = await startHttpApp();
    const told = await post(app, Buffer.concat([Buffer.from(mark), Buffer.from(eventWith("{}"))]));
    expect([told.status, told.at("error.code")]).toEqual([400, "invalid_encoding"]);
  });
});

test("a body that is compressed is refused, whatever it is called", async () => {
  await using app = await startHttpApp();
  for (const encoding of ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "identity, gzip", "gzip, identity", "a"]) {
    const body = Bun.gzipSync(Buffer.from(eventWith("{}")));
    const told = await app.call("POST", "/api/events", {
      body,
      headers: { ...JSON_TYPE, "Content-Encoding": encoding },
    });
    expect([encoding, told.status, told.at("error.code")]).toEqual([encoding, 415, "unsupported_content_encoding"]);
  }
  expect((await post(app, Bun.gzipSync(Buffer.from(eventWith("{}"))))).at("error.code")).toBe("invalid_encoding");
});

/** Of the largest body that an operator may allow. */
const LENGTH = EVENT_SIZE_MAX_BYTES - 100;
const MILLION = 1_000_000;

function fields(name: (n: number) => string, count: number): string {
  return Array.from({ length: count }, (_, n) => `,${JSON.stringify(name(n))}:1`).join("");
}

describe("nothing that fits into a body is a fault, or answered with as much as was sent", () => {
  test.each([
    ["64 levels", eventWith(`${'{"a":'.repeat(63)}1${"}".repeat(63)}`), 202],
    ["65 levels", eventWith(`${'{"a":'.repeat(64)}1${"}".repeat(64)}`), 422],
    ["five million brackets", "[".repeat(5 * MILLION), 422],
    ["five million brackets in the data", eventWith(`{"a":${"[".repeat(5 * MILLION)}`), 422],
    ["five million pairs of brackets", eventWith(`{"a":[${"[],".repeat(5 * MILLION)}[]]}`), 202],
    ["three million braces", '{"a":'.repeat(3 * MILLION), 422],
    ["a million fields that nobody knows", `{"type":"a"${fields((n) => `k${n}`, MILLION)}}`, 422],
    ["a field given a million times", `{"type":"a"${fields(() => "data", MILLION)}}`, 422],
    ["a name of millions of characters", `{"${"k".repeat(LENGTH)}":1}`, 422],
    ["two such names", `{"${"k".repeat(LENGTH / 2)}":1,"${"k".repeat(LENGTH / 2)}":1}`, 422],
    ["a type of millions of characters", `{"data":{},"type":"${"a.".repeat(LENGTH / 2 - 20)}"}`, 422],
    ["an id of millions of digits", `{"data":{},"type":"resume.created","id":${"1".repeat(LENGTH - 100)}}`, 422],
    ["an id of millions of items", `{"data":{},"type":"resume.created","id":[${"1,".repeat(LENGTH / 2 - 100)}1]}`, 422],
    ["millions of lines", `${"\n".repeat(LENGTH)}x`, 400],
  ])(
    "%s",
    async (_, body, status) => {
      await using app = await startHttpApp({ settings: { maxEventBytes: EVENT_SIZE_MAX_BYTES } });
      const told = await post(app, body);
      expect([told.status, app.faults]).toEqual([status, []]);
      expect(told.text.length).toBeLessThan(2_000);
    },
    PATIENCE_MS,
  );
});

test("a thousand fields are counted, and more are not read", async () => {
  await using app = await startHttpApp();
  const known = '{"type":"resume.created","data":{}';
  expect((await post(app, `${known}${fields((n) => `k${n}`, 998)}}`)).textAt("error.message")).toStartWith(
    "998 fields",
  );
  expect((await post(app, `${known}${fields((n) => `k${n}`, 999)}}`)).textAt("error.details.0.message")).toStartWith(
    "There are more than 1000 fields at line 1, column ",
  );
});
