import type { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { openWriting } from "../../src/store/sqlite/connection.ts";
import { Reader } from "../../src/store/sqlite/reader.ts";
import { Writer } from "../../src/store/sqlite/writer.ts";

/** What may go through a whole table or index, and why that does not grow with the logs or the backlog. */
const SCANS_ALLOWED: readonly { readonly table: string; readonly inStatement: RegExp }[] = [
  // One row a webhook, few look-ups each: the poll, the start and the statistics.
  { table: "w", inStatement: /FROM webhooks w WHERE w\.active = 1/ },
  { table: "webhooks", inStatement: /FROM webhooks WHERE deleted_at IS NULL$/ },
  // The tests that a crash left behind: an index of nothing else.
  { table: "deliveries", inStatement: /is_test = 1$/ },
  // The statistics count the backlog in its index, in the reader's capped time; the writer does so once, at the start.
  { table: "deliveries", inStatement: /^SELECT count\(\*\) AS count FROM deliveries/ },
  { table: "pragma_freelist_count", inStatement: /freelist_count/ },
  { table: "pragma_page_count", inStatement: /page_count/ },
  { table: "pragma_page_size", inStatement: /page_count/ },
];

/** Every statement that the two engines prepare: they prepare all of them when they are made. */
function statementsOf(db: Database): readonly string[] {
  const statements = new Set<string>();
  const query = db.query.bind(db);
  db.query = (sql: string) => {
    statements.add(sql.replace(/\s+/g, " ").trim());
    return query(sql);
  };
  new Writer(db);
  new Reader(db);
  db.query = query;
  return [...statements].filter((sql) => /^(SELECT|UPDATE|DELETE|INSERT)/.test(sql));
}

function planOf(db: Database, sql: string): readonly string[] {
  const plan = db.prepare<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`);
  const details = plan.all().map(({ detail }) => detail);
  plan.finalize();
  return details;
}

function isAllowed(sql: string, detail: string): boolean {
  return SCANS_ALLOWED.some(({ table, inStatement }) => detail.startsWith(`SCAN ${table}`) && inStatement.test(sql));
}

describe("every statement", () => {
  const db = openWriting(":memory:");
  const statements = statementsOf(db);

  test("is there to be looked at", () => {
    expect(statements.length).toBeGreaterThan(60);
  });

  test.each(statements)("finds its rows by an index, in their order: %s", (sql) => {
    const slow = planOf(db, sql).filter((detail) => /\bSCAN\b|TEMP B-TREE/.test(detail) && !isAllowed(sql, detail));
    expect(slow).toEqual([]);
  });

  test("that is run row by row is not prepared anew for each: none seeks a join by a bare parameter", () => {
    const isRowByRow = (sql: string) => /\bJOIN\b.* WHERE d\.seq = /.test(sql);
    const bare = statements.filter((sql) => isRowByRow(sql) && / WHERE d\.seq = \?/.test(sql));
    expect(statements.filter(isRowByRow).length).toBeGreaterThan(1);
    expect(bare).toEqual([]);
  });

  test("that may go through a table is one that is there", () => {
    const used = SCANS_ALLOWED.filter(({ inStatement }) => statements.some((sql) => inStatement.test(sql)));
    expect(used).toEqual([...SCANS_ALLOWED]);
  });
});
