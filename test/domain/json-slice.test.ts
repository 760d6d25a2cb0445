import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { scanObject } from "../../src/domain/json-slice.ts";
import { BODY_FIELDS_MAX, JSON_DEPTH_MAX } from "../../src/limits.ts";

const BOUNDS = { depthMax: JSON_DEPTH_MAX, membersMax: BODY_FIELDS_MAX };
const UNBOUNDED = { depthMax: Number.MAX_SAFE_INTEGER, membersMax: Number.MAX_SAFE_INTEGER };
const SPACES = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r"), maxLength: 3 });

function membersOf(text: string): Record<string, string> | null {
  const scan = scanObject(text, BOUNDS);
  return scan.ok ? Object.fromEntries(scan.members) : null;
}

function refusalOf(text: string, bounds = BOUNDS) {
  const scan = scanObject(text, bounds);
  return scan.ok ? null : scan;
}

/** What JSON.parse makes of a text, in the scanner's words. */
function verdictOfParse(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? "ok" : "not_object";
  } catch {
    return "syntax";
  }
}

function verdictOfScan(text: string, bounds = UNBOUNDED): string {
  return refusalOf(text, bounds)?.problem ?? "ok";
}

describe("the slices", () => {
  test.each([
    ["12345678901234567890"],
    ["1.0"],
    ["-0"],
    ["1E+2"],
    ["0.000000000000000000000000001"],
    ['"\\u0041\\/ \ud83d\ude00 \\ud800"'],
    ['{"b":1,"a":2,"a":3,"1":4}'],
    ['{ "a" :\n[ 1 ,\t2 ] }'],
    ["null"],
    ['"}"'],
    ['"\\\\"'],
    ["[[],{},[{}]]"],
  ])("are what the client sent, to the character: %p", (value) => {
    expect(membersOf(`{"type":"a.b","data":${value}}`)).toEqual({ type: '"a.b"', data: value });
    expect(membersOf(` {\n"data"\t: \r\n${value} \n, "type" : "a.b" } \t`)).toEqual({ data: value, type: '"a.b"' });
  });

  test("belong to the outermost object only", () => {
    expect(membersOf('{"data":{"type":"inner","data":{"data":1}},"type":"outer"}')).toEqual({
      data: '{"type":"inner","data":{"data":1}}',
      type: '"outer"',
    });
  });

  test("are none of an empty object", () => {
    expect(membersOf(" { } ")).toEqual({});
  });

  test("are found by the unescaped key", () => {
    const scan = scanObject('{"d\\u0061ta":1,"\\ud83d\\ude00":2,"":3,"__proto__":4,"a\\"b":5}', BOUNDS);
    expect(scan.ok && [...scan.members]).toEqual([
      ["data", "1"],
      ["😀", "2"],
      ["", "3"],
      ["__proto__", "4"],
      ['a"b', "5"],
    ]);
  });

  test("come back for any keys, values and white space", () => {
    const member = fc.tuple(fc.string({ unit: "binary" }), fc.json(), SPACES, SPACES, SPACES, SPACES);
    const members = fc.uniqueArray(member, { selector: ([key]) => key, maxLength: 5 });
    fc.assert(
      fc.property(members, SPACES, SPACES, (list, before, after) => {
        const inside = list
          .map(([key, value, a, b, c, d]) => `${a}${JSON.stringify(key)}${b}:${c}${value}${d}`)
          .join(",");
        const scan = scanObject(`${before}{${inside}}${after}`, UNBOUNDED);
        expect(scan.ok && [...scan.members]).toEqual(list.map(([key, value]) => [key, value]));
      }),
    );
  });
});

describe("a key given twice", () => {
  const duplicatesOf = (text: string) => {
    const scan = scanObject(text, BOUNDS);
    return scan.ok ? [...scan.duplicates] : null;
  };

  test.each([
    ['{"data":{},"data":{}}', ["data"]],
    ['{"data":{},"d\\u0061ta":{}}', ["data"]],
    ['{"\\u0064ata":{},"type":"x","data":{},"data":1}', ["data"]],
    ['{"a":1,"b":2,"b":3,"a":4}', ["b", "a"]],
    ['{"data":{"a":1,"a":2},"more":[{"a":1,"a":2}]}', []],
    ['{"data":1,"Data":2}', []],
    ['[{"a":1,"a":2}]', null],
  ])("is told in %s", (text, keys) => {
    expect(duplicatesOf(text)).toEqual(keys);
  });

  test("counts with its last value, as it does for JSON.parse", () => {
    expect(membersOf('{"a":1,"a":2}')).toEqual({ a: "2" });
  });
});

describe("the verdict", () => {
  const accepted = [
    "{}",
    '{"a":[]}',
    '{"a":"\\ud800"}',
    '{"a":"\ud800"}',
    '{"a":"\u2028\x7f"}',
    '{"a":-0.0e-0}',
    '{"a":1e999}',
  ];
  test.each(accepted)("accepts %s", (text) => {
    expect(verdictOfParse(text)).toBe("ok");
    expect(verdictOfScan(text)).toBe("ok");
  });

  test.each(["[]", "[{}]", "1", '"{}"', "null", "true", " false ", "-1.5e3"])("finds no object in %s", (text) => {
    expect(verdictOfParse(text)).toBe("not_object");
    expect(verdictOfScan(text)).toBe("not_object");
  });

  const inValue = ["", "01", "-", "+1", ".5", "1.", "1.e1", "1e", "1e+", "0x1", "1_0", "NaN", "Infinity", "-Infinity"];
  const words = [
    "tru",
    "truee",
    "True",
    "undefined",
    "nul",
    "nullnull",
    "'a'",
    '"a',
    '"\\x41"',
    '"\\u12g4"',
    '"\\u123"',
    '"\\"',
  ];
  const strings = ['"\n"', '"\t"', '"\0"', '"\x1f"', '"\\\n"', '"a""b"', "`a`"];
  const nested = [
    "[",
    "]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1,,2]",
    "{",
    "{]",
    "[}",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    "{,}",
    "{a:1}",
    "{1:1}",
  ];
  test.each([...inValue, ...words, ...strings, ...nested])("refuses the value %p", (value) => {
    expect(verdictOfParse(`{"a":${value}}`)).toBe("syntax");
    expect(verdictOfScan(`{"a":${value}}`)).toBe("syntax");
  });

  const around = [
    "\ufeff{}",
    "{}\ufeff",
    "{}{}",
    "{} x",
    "{},",
    "//\n{}",
    "{}/**/",
    "\u00a0{}",
    "\v{}",
    "\f{}",
    "\u2028{}",
    "{}\0",
    "",
    " ",
  ];
  test.each(around)("refuses the text %p", (text) => {
    expect(verdictOfParse(text)).toBe("syntax");
    expect(verdictOfScan(text)).toBe("syntax");
  });

  test("is that of JSON.parse for any JSON", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), SPACES, (text, space) => {
        expect(verdictOfScan(space + text + space)).toBe(verdictOfParse(text));
      }),
      { numRuns: 500 },
    );
  });

  // Every character that means something in JSON, and neighbours of the white space and control characters.
  const sign = fc.constantFrom(..."{}[]:,\"\\/-+.eE0129tfnulrsabx \t\n\r\v\f\0\x1f\x7f\u00a0\u2028\ufeff\ud800é'");
  const object = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value));

  test("is that of JSON.parse for JSON with a few characters changed", () => {
    const edit = fc.tuple(fc.nat(), fc.nat(1), fc.string({ unit: sign, maxLength: 2 }));
    fc.assert(
      fc.property(object, fc.array(edit, { minLength: 1, maxLength: 3 }), (right, edits) => {
        const text = edits.reduce((before, [where, dropped, added]) => {
          const at = where % (before.length + 1);
          return before.slice(0, at) + added + before.slice(at + dropped);
        }, right);
        expect(verdictOfScan(text)).toBe(verdictOfParse(text));
      }),
      { numRuns: 3_000 },
    );
  });

  test("is that of JSON.parse wherever a long string has a sign in it", () => {
    fc.assert(
      fc.property(
        fc.nat(90),
        fc.constantFrom("x", "é", "😀"),
        fc.string({ unit: sign, maxLength: 2 }),
        (where, unit, added) => {
          const text = `{"a":"${unit.repeat(where)}${added}${unit.repeat(90 - where)}"}`;
          expect(verdictOfScan(text)).toBe(verdictOfParse(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("is a syntax error for JSON that was cut off", () => {
    fc.assert(
      fc.property(object, fc.nat(), (right, where) => {
        const text = right.slice(0, where % right.length);
        expect(verdictOfScan(text)).toBe("syntax");
      }),
    );
  });

  test("is that of JSON.parse for any sequence of JSON's signs", () => {
    const token = fc.oneof(
      sign,
      fc.constantFrom('"a"', '"a":', "{", "}", "[", "]", ",", "1", "-1.5e+3", "true", "null", "\\u00"),
    );
    const value = fc.array(token, { maxLength: 8 }).map((tokens) => tokens.join(""));
    fc.assert(
      fc.property(value, fc.constantFrom("", '{"a":'), (inner, outer) => {
        const text = outer === "" ? inner : `${outer}${inner}}`;
        expect(verdictOfScan(text)).toBe(verdictOfParse(text));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("nesting", () => {
  const nested = (depth: number, open = "[", close = "]") =>
    `{"a":${open.repeat(depth - 1)}0${close.repeat(depth - 1)}}`;
  const deep = (depthMax: number) => ({ ...UNBOUNDED, depthMax });

  test("is counted from the outermost object, and refused at the first bracket too many", () => {
    expect(verdictOfScan(nested(64), deep(64))).toBe("ok");
    expect(refusalOf(nested(65), deep(64))).toEqual({
      ok: false,
      problem: "too_deep",
      position: 68,
      line: 1,
      column: 69,
      message: "Objects and arrays are nested deeper than 64 levels at line 1, column 69.",
    });
    expect(verdictOfScan(nested(64, '{"a":', "}"), deep(64))).toBe("ok");
    expect(verdictOfScan(nested(65, '{"a":', "}"), deep(64))).toBe("too_deep");
  });

  test("may be wide without limit", () => {
    expect(verdictOfScan(`{"a":[${"[],{},".repeat(10_000)}0]}`, deep(3))).toBe("ok");
  });

  test("does not count brackets in strings", () => {
    expect(verdictOfScan(`{"${"[".repeat(100)}":"${"{".repeat(100)}"}`, deep(1))).toBe("ok");
  });

  test.each(["[", '{"a":', '[{"a":'])("of five million times %s is refused at once", (open) => {
    const text = open.repeat(5_000_000);
    const started = performance.now();
    expect(verdictOfScan(text, BOUNDS)).toBe("too_deep");
    expect(performance.now() - started).toBeLessThan(500);
  });

  test("of a million brackets needs no stack even where it is allowed", () => {
    expect(verdictOfScan("[".repeat(1_000_000) + "]".repeat(1_000_000))).toBe("not_object");
  });
});

describe("members", () => {
  const many = (count: number, key: (n: number) => string) =>
    `{${Array.from({ length: count }, (_, n) => `"${key(n)}":${n}`).join(",")}}`;

  test.each([
    ["of different keys", (n: number) => `k${n}`],
    ["of one key", () => "k"],
  ])("%s are counted, and refused at the first too many", (_, key) => {
    const bounds = { ...UNBOUNDED, membersMax: 10 };
    expect(verdictOfScan(many(10, key), bounds)).toBe("ok");
    expect(verdictOfScan(many(11, key), bounds)).toBe("too_many");
    expect(verdictOfScan(`{"a":${many(1_000, key)}}`, bounds)).toBe("ok");
  });
});

describe("a refusal", () => {
  test.each([
    ["", "Expected a value, but the text ends at line 1, column 1."],
    ["{", "Expected a key in double quotes, but the text ends at line 1, column 2."],
    ["{a:1}", "Expected a key in double quotes at line 1, column 2."],
    ['{"a" 1}', "Expected ':' after a key at line 1, column 6."],
    ['{"a":}', "Expected a value at line 1, column 6."],
    ['{\n  "a": 1,\n  "b": 2 3\n}', "Expected ',' or '}' after a value at line 3, column 10."],
    ['{"a":[1 2]}', "Expected ',' or ']' after a value at line 1, column 9."],
    ['{"a":1,}', "Expected a key in double quotes at line 1, column 8."],
    ['{"a":[1,]}', "Expected a value at line 1, column 9."],
    ['{"a":"b', "Expected '\"' at the end of a string, but the text ends at line 1, column 8."],
    ['{"a":"b\n"}', "Expected an escape such as \\n in place of a control character at line 1, column 8."],
    ['{"a":"b\\x"}', "Expected an escape such as \\n or \\u0041 at line 1, column 8."],
    ["{} {}", "Expected nothing more after the outermost value at line 1, column 4."],
    [" [1]", "Expected an object at line 1, column 2."],
    ["\ufeff{}", "Expected a value at line 1, column 1."],
  ])("of %p says: %s", (text, message) => {
    expect(refusalOf(text)?.message).toBe(message);
  });

  test("counts lines as editors do, and columns in characters", () => {
    expect(refusalOf('{\r\n"😀é":\r\r\n"\u2028" x}')).toMatchObject({ line: 4, column: 5, position: 16 });
  });

  test("points at a place within the text or at its end", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const refusal = refusalOf(text);
        if (refusal === null) return;
        expect(refusal.position).toBeWithin(0, text.length + 1);
        expect(text.split(/\r\n?|\n/)[refusal.line - 1]).toBeDefined();
      }),
    );
  });
});
