import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { parseOptions } from "../../scripts/benchmark/options.ts";
import { payloadMaker, stampOf } from "../../scripts/benchmark/payload.ts";
import { Ledger } from "../../scripts/benchmark/receiver/ledger.ts";
import { withSpeedTable } from "../../scripts/benchmark/report.ts";
import type { Bar, Result } from "../../scripts/benchmark/row.ts";
import { ROWS } from "../../scripts/benchmark/rows.ts";
import { latencyOf, median, percentile, slope } from "../../scripts/benchmark/statistics.ts";
import { formatNumber, markdownTable } from "../../scripts/benchmark/table.ts";
import { verdictOf } from "../../scripts/benchmark/verdict.ts";
import { emptyPlace } from "../support/place.ts";

const ROOT = join(import.meta.dir, "../..");
const ATLEAST: Bar = { what: "of bare", unit: "×", better: "more", goal: 0.75, floor: 0.6 };
const ATMOST: Bar = { what: "p50 above bare", unit: "ms", better: "less", goal: 1.5 };

describe("statistics", () => {
  test("a percentile is the smallest value that so many do not exceed", () => {
    const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
    expect([0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([50, 99, 100]);
    expect(percentile([7], 0.01)).toBe(7);
    expect(() => percentile([], 0.5)).toThrow("Nothing was measured");
  });

  test("latencies need not come in order, and are not ordered as texts", () => {
    expect(latencyOf([10, 9, 100])).toEqual({ count: 3, p50: 10, p99: 100, max: 100 });
  });

  test("a median is the middle, or lies between the two middle ones", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow("Nothing was measured");
  });

  test("a slope is that of the line through the points, and none where there is no line", () => {
    expect(slope([0, 1, 2, 3].map((x) => [x, 5 + 2 * x]))).toBeCloseTo(2);
    expect(slope([[1, 5]])).toBe(0);
  });
});

describe("a verdict", () => {
  test.each([
    [ATLEAST, 0.75, "goal met"],
    [ATLEAST, 0.74, "floor met"],
    [ATLEAST, 0.59, "missed"],
    [ATMOST, 1.5, "goal met"],
    [ATMOST, 1.6, "missed"],
    [ATMOST, null, "not measured"],
  ] as const)("of %o by %p is %s", (bar, value, verdict) => {
    expect(verdictOf(bar, value)).toBe(verdict);
  });
});

describe("the table", () => {
  const result = (bars: readonly Bar[], values: readonly (number | null)[]): Result => ({
    ...{ row: { name: "speed", what: "Speed", bars }, values, seconds: 1 },
    figures: { Posthorn: 12_345.6, bare: 1.234 },
  });

  test("has a line for each bar, one for a row without any, and names what was not measured", () => {
    expect(markdownTable([result([ATLEAST, ATMOST], [0.7, null]), result([], [])])).toBe(
      [
        "| Measure | Held to        | Value  | Goal      | Floor    | Verdict      | Seen |",
        "| ------- | -------------- | ------ | --------- | -------- | ------------ | ---- |",
        "| Speed   | of bare        | 0.70 × | ≥ 0.75 ×  | ≥ 0.60 × | floor met    | Posthorn 12,346; bare 1.23 |",
        "|         | p50 above bare |        | ≤ 1.50 ms |          | not measured |  |",
        "| Speed   |                |        |           |          |              | Posthorn 12,346; bare 1.23 |",
      ].join("\n"),
    );
  });

  test("gives numbers the digits that they deserve", () => {
    expect([8, 0.75, 12.34, 123.4, 1_000_000].map(formatNumber)).toEqual(["8", "0.75", "12.3", "123", "1,000,000"]);
  });

  test("replaces what stands between the README's markers, and nothing else", () => {
    const readme = "a\n<!-- speed:begin -->\nold\n<!-- speed:end -->\nb";
    expect(withSpeedTable(readme, "new")).toBe("a\n<!-- speed:begin -->\nnew\n<!-- speed:end -->\nb");
    expect(() => withSpeedTable("no table", "new")).toThrow("speed:begin");
  });
});

describe("the receiver's books", () => {
  test("a posted event has data of exactly the asked length, and its stamp is read back", () => {
    const stamp = { number: 1_234, at: 1_700_000_000_123.456 };
    const body = payloadMaker(100)("resume.created", stamp);
    expect(JSON.stringify(JSON.parse(body).data)).toHaveLength(100);
    expect(stampOf(body)).toEqual(stamp);
    expect(stampOf("{}")).toBeNull();
    expect(() => payloadMaker(10)).toThrow("No stamp fits");
  });

  test("what came more often than there are webhooks is a repetition; what has no time is not timed", () => {
    const ledger = new Ledger(2);
    for (const number of [0, 0, 100_000, 0]) ledger.enter({ number, at: 0 }, 10);
    expect(ledger.latency()).toBeNull();
    ledger.enter({ number: 1, at: 8 }, 20);
    expect(ledger.tally()).toEqual({ arrivals: 5, repeated: 1, firstAt: 10, lastAt: 20 });
    expect(ledger.latency()).toMatchObject({ count: 1, p50: 12 });
  });
});

describe("the command line", () => {
  test("is as documented: five runs of ten seconds at full size", () => {
    expect(parseOptions([], ["a"])).toMatchObject({ kind: "run", options: { seconds: 10, runs: 5, scale: 1 } });
    expect(parseOptions(["--quick", "--runs", "2"], ["a"])).toMatchObject({
      options: { seconds: 2, runs: 2, scale: 0.01 },
    });
  });

  test.each([[["--row", "b"]], [["--seconds", "x"]], [["--runs", "0"]], [["--no-such-flag"]]])("refuses %p", (args) => {
    expect(parseOptions(args, ["a"])).toMatchObject({ kind: "mistake" });
  });

  test("every row has a name of its own", () => {
    expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
  });
});

describe("from end to end", () => {
  test("the throughput is measured, everything that was accepted was delivered, and nothing is left", async () => {
    const { out, results, left } = await bench("--row", "throughput", "--seconds", "1");
    expect(out).toContain("| Measure");
    // Its packages would come from the network.
    expect(out).toContain("queue: left out by --no-queue");
    expect(results).toMatchObject([{ figures: { Posthorn: expect.any(Number), bare: expect.any(Number) } }]);
    expect(left).toEqual([]);
  }, 60_000);

  test("every other row can be measured, if only small", async () => {
    const rows = ROWS.map(({ name }) => name).filter((name) => name !== "throughput");
    const { results } = await bench(
      ...rows.flatMap((name) => ["--row", name]),
      "--seconds",
      "0.2",
      "--scale",
      "0.0002",
    );
    expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
    const empty = results.filter(({ row, values }) => values.filter(Number.isFinite).length !== row.bars.length);
    expect(empty.map(({ row }) => row.name)).toEqual([]);
    expect(results.map(({ row }) => row.name)).toEqual(rows);
  }, 120_000);
});

interface Benched {
  readonly out: string;
  readonly results: readonly Result[];
  /** In the directory where the databases were. */
  readonly left: readonly string[];
}

async function bench(...flags: readonly string[]): Promise<Benched> {
  using place = emptyPlace();
  using databases = emptyPlace();
  const json = join(place.path, "speed.json");
  const common = ["--no-queue", "--anyway", "--runs", "1", "--json", json, "--dir", databases.path];
  const child = Bun.spawn([join(ROOT, "scripts/bench"), ...flags, ...common], { stdout: "pipe" });
  const [out] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  const { results } = await Bun.file(json).json();
  return { out, results, left: [...new Bun.Glob("*").scanSync({ cwd: databases.path, onlyFiles: false })] };
}
