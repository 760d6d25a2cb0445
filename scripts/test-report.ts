import { existsSync, readFileSync } from "node:fs";

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface TestReport {
  readonly tally: Tally;
  /** The folders of test/ with the time that their files took, slowest first; a file beside them stands for itself. */
  readonly suites: readonly { readonly name: string; readonly seconds: number }[];
  readonly skippedNames: readonly string[];
}

export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0 };

export function added(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

/** What `bun test --reporter=junit` left at `path`; nothing when it could not even begin. */
export function readReport(path: string): TestReport {
  return existsSync(path) ? parseReport(readFileSync(path, "utf8")) : { tally: NOTHING, suites: [], skippedNames: [] };
}

/** The JUnit report of `bun test`. */
export function parseReport(xml: string): TestReport {
  const { tests, failures, skipped } = attributesOf(xml.match(/<testsuites [^>]*>/)?.[0] ?? "");
  const [failed, left] = [Number(failures ?? 0), Number(skipped ?? 0)];
  return {
    tally: { passed: Number(tests ?? 0) - failed - left, failed, skipped: left },
    suites: suitesOf(xml),
    skippedNames: [...xml.matchAll(/(<testcase [^>]*[^/])>\s*<skipped/g)].map(([, tag = ""]) => nameOf(tag)),
  };
}

function suitesOf(xml: string): TestReport["suites"] {
  const secondsBySuite = new Map<string, number>();
  for (const [tag] of xml.matchAll(/<testsuite [^>]*>/g)) {
    const { name = "", file, time } = attributesOf(tag);
    // A `describe` is a test suite too; only a file's bears the file's own name, and holds the time of all that is in it.
    if (name !== file) continue;
    const suite = name.split("/").slice(0, 2).join("/");
    secondsBySuite.set(suite, (secondsBySuite.get(suite) ?? 0) + Number(time));
  }
  const suites = [...secondsBySuite].map(([name, seconds]) => ({ name, seconds }));
  return suites.sort((one, other) => other.seconds - one.seconds);
}

function nameOf(tag: string): string {
  const { name = "", classname = "", file = "" } = attributesOf(tag);
  return [file, classname, name].filter((part) => part !== "").join(" > ");
}

function attributesOf(tag: string): Readonly<Record<string, string | undefined>> {
  const pairs = [...tag.matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, unescaped(value)]));
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function unescaped(text: string): string {
  return text.replace(/&(\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
