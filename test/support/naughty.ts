import corpus from "../corpora/naughty-strings.json" with { type: "json" };

/** Texts that programs stumble over: the Big List of Naughty Strings, and what is missing there. */
export const NAUGHTY_STRINGS: readonly string[] = [
  ...corpus.strings,
  ..."\0\u0001\n\r\t\u001b\u007f\u0085\u2028\ufeff\ufffe\uffff\ud800\udfff".split("").map((one) => `a${one}b`),
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then"],
  ...["../../etc/passwd", "..%2f..%2f", "%00", "%", "a/b", "a?b#c", "posthorn_", "whsec_", "****", "****abcd"],
  ...["x".repeat(101), "x".repeat(600), "\u{1f600}".repeat(260), "9".repeat(400)],
];

/** Values of every JSON type, each as its text: some have no value that JavaScript could hold. */
export const NAUGHTY_VALUES: readonly string[] = [
  ...["null", "true", "false", "0", "-0", "-1", "1.5", "1e400", "-1e-400", "9007199254740993", "0.1e-7"],
  ...["1".repeat(10_000), `0.${"1".repeat(10_000)}`, '""', '"text"', '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"'],
  ...["[]", "[null]", "[[]]", '[1,"a",{}]', "{}", '{"a":1}', '{"__proto__":{"a":1}}', '{"constructor":null}'],
  ...["[".repeat(40) + "]".repeat(40), `${'{"a":'.repeat(40)}1${"}".repeat(40)}`],
];
