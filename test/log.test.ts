import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { Secret } from "../src/domain/secret.ts";
import { createLog, type LogFields, type LogOptions } from "../src/log.ts";

function recorded(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = createLog({ level: "debug", format: "text", wall: () => 1_735_552_800_000, write, ...options });
  return { log, lines };
}

function logged(format: "text" | "json", message: string, fields?: LogFields): string {
  const { log, lines } = recorded({ format });
  log.info(message, fields);
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

describe("a line", () => {
  test("of text has the time, the level, the sentence and its fields", () => {
    expect(logged("text", "attempt finished", { status: 200, url: "https://a.example/x", error: null, ok: true })).toBe(
      "2024-12-30T10:00:00.000Z INFO  attempt finished status=200 url=https://a.example/x error=null ok=true\n",
    );
  });

  test("of JSON has the same, time first", () => {
    expect(logged("json", "attempt finished", { status: 200, error: null })).toBe(
      '{"time":"2024-12-30T10:00:00.000Z","level":"info","message":"attempt finished","status":200,"error":null}\n',
    );
  });

  test("of text quotes what would look like another field", () => {
    expect(logged("text", "m", { error: "no status=200", empty: "" })).toEndWith(' error="no status=200" empty=""\n');
  });

  test("of JSON keeps its own facts when a field bears their name", () => {
    const parsed: unknown = JSON.parse(logged("json", "real", { message: "fake", level: "error", time: "never" }));
    expect(parsed).toEqual({ time: "2024-12-30T10:00:00.000Z", level: "info", message: "real" });
  });

  test("below the level is not written", () => {
    const { log, lines } = recorded({ level: "warn" });
    log.debug("1");
    log.info("2");
    log.warn("3");
    log.error("4");
    expect(lines.map((line) => line.split(" ").at(-1))).toEqual(["3\n", "4\n"]);
  });
});

const FORGERIES = [
  ...["\n", "\r\n", "\x1b[2J", "\0", "\x7f", "\x85", "\x9b31m", "\u2028", "\u2029", "\u202e", "\u2066", "\ud800"],
  ...["\u200b", "\ufeff", "\u{e0041}"],
];
/** What no line may hold but at its very end. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

describe.each(["text", "json"] as const)("in %s", (format) => {
  test.each(FORGERIES.map((text) => [JSON.stringify(text), text]))("%s cannot forge or hide anything", (_, text) => {
    const line = logged(format, `before${text}after`, { [`name${text}`]: `x${text}y` });
    expect(line.slice(0, -1)).not.toMatch(UNSAFE);
    expect(line.isWellFormed()).toBe(true);
  });
});

test("a JSON line gives back exactly what was logged", () => {
  const text = 'quote " backslash \\ newline \n csi \x9b bidi \u202e emoji 😀';
  expect(JSON.parse(logged("json", "m", { text }))).toMatchObject({ text });
});

/** Any text at all, half surrogate pairs included, and often what looks like a part of a line. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc
    .array(fc.constantFrom(...FORGERIES, "a", " ", "=", '"', "\\", "}", "{", ",", ":", "INFO", "é"), { maxLength: 12 })
    .map(join),
);
/** What is named as a secret is not shown as it was logged. */
const name = text.filter((each) => !/secret|password|authorization|cookie|token|key/i.test(each));
const fields = fc.dictionary(name, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), { maxKeys: 6 });

function join(parts: readonly string[]): string {
  return parts.join("");
}

describe("whatever the texts are,", () => {
  test("a JSON line is one line, and says just what was logged", () => {
    fc.assert(
      fc.property(text, fields, (message, given) => {
        const line = logged("json", message, given);
        expect(line).toEndWith("}\n");
        expect(line.slice(0, -1)).not.toMatch(UNSAFE);
        const { time: _time, level: _level, message: _message, ...shown } = given;
        const parsed: unknown = JSON.parse(line);
        expect(parsed).toEqual({ ...shown, time: "2024-12-30T10:00:00.000Z", level: "info", message });
      }),
      { numRuns: 2_000, examples: [["", { ["__proto__"]: "x" }]] },
    );
  });

  test("a line of text is one line, and has the fields that were logged, not one more", () => {
    fc.assert(
      fc.property(fields, (given) => {
        const line = logged("text", "m", given);
        expect(line).toEndWith("\n");
        expect(line.slice(0, -1)).not.toMatch(UNSAFE);
        expect(fieldsOf(line)).toHaveLength(Object.keys(given).length);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** As a person or a program reads them: words without spaces, quotes and equals signs, or JSON texts. */
function fieldsOf(line: string): readonly string[] {
  const WORD = /"(?:[^"\\]|\\.)*"|[^\s"=]+/.source;
  const [, rest = ""] = /^\S+ INFO {2}m(.*)\n$/.exec(line) ?? [];
  expect(rest).toMatch(new RegExp(`^(?: (?:${WORD})=(?:${WORD}))*$`));
  return rest.match(new RegExp(` (?:${WORD})=(?:${WORD})`, "g")) ?? [];
}

describe("a secret", () => {
  const key = `posthorn_${"aB3".repeat(16)}x`;

  test.each(["text", "json"] as const)("is masked in %s wherever it looks like one of ours", (format) => {
    const line = logged(format, `key ${key}`, { error: `bad whsec_${"QUJD".repeat(11)}= given`, note: `(${key})` });
    expect(line).not.toContain("aB3aB3");
    expect(line).not.toContain("QUJDQUJD");
    expect(line).toContain("posthorn_***");
    expect(line).toContain("whsec_***");
  });

  test.each(["secret", "webhook_secret", "Authorization", "cookie", "password", "admin_key", "key", "token"])(
    "is masked in a field named %s",
    (name) => expect(logged("json", "m", { [name]: "hunter2" })).not.toContain("hunter2"),
  );

  test("does not hide ids", () => {
    const id = "webhook_01JGBK3S5P8Q0000000000000A";
    expect(logged("text", "m", { webhook: id, key_file: "/d/admin.key" })).toContain(
      `webhook=${id} key_file=/d/admin.key`,
    );
  });
});

test("a Secret is *** however it is printed, and only reveal gives it away", () => {
  const secret = new Secret("hunter2");
  const shown = [String(secret), `${secret}`, JSON.stringify({ secret }), inspect(secret), Bun.inspect({ secret })];
  expect(shown.join()).not.toContain("hunter2");
  expect(String(secret)).toBe("***");
  expect(JSON.stringify(structuredClone(secret))).not.toContain("hunter2");
  expect(secret.reveal()).toBe("hunter2");
});
