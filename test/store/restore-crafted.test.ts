import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { backupOf, restore, restorePlace } from "./restore-request.ts";

describe("of a file that was made to do harm nothing runs, and its restore is refused,", () => {
  const CRAFTED: readonly { readonly what: string; readonly sql: string; readonly sentence: RegExp }[] = [
    {
      what: "with a trigger that brings a key back when its end is noted",
      sql: "CREATE TRIGGER back AFTER INSERT ON audit BEGIN DELETE FROM sessions; END",
      sentence: /backup\.db holds the trigger "back", which Posthorn did not make/,
    },
    {
      what: "with a view that never ends in the place of a table",
      sql: `DROP TABLE events;
        CREATE VIEW events AS WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n) SELECT seq FROM n`,
      sentence: /holds the view "events", which Posthorn did not make/,
    },
    {
      what: "with a table more",
      sql: "CREATE TABLE more (a)",
      sentence: /holds the table "more", which Posthorn did not make/,
    },
    {
      what: "with an index that computes",
      sql: "CREATE INDEX computed ON keys (hex(zeroblob(seq)))",
      sentence: /holds the index "computed", which Posthorn did not make/,
    },
    {
      what: "with a trigger less",
      sql: "DROP TRIGGER audit_stays",
      sentence: /lacks the trigger "audit_stays"/,
    },
    { what: "without a table", sql: "DROP TABLE audit", sentence: /lacks the table "audit"/ },
    {
      what: "with a table that is made otherwise",
      sql: "ALTER TABLE keys ADD COLUMN more TEXT",
      sentence: /has another table "keys" than Posthorn makes/,
    },
    {
      what: "that says of itself that it holds nothing yet",
      sql: "PRAGMA user_version = 0",
      sentence: /holds no tables yet/,
    },
    {
      what: "of an earlier schema, with what came later",
      sql: "PRAGMA user_version = 1",
      sentence: /which Posthorn did not make/,
    },
    {
      what: "with a name that would be written on the terminal",
      sql: `CREATE TABLE "a\nb\u001b[2J${"x".repeat(5_000)}" (a)`,
      sentence: /^[^\n]*"a\\u000ab\\u001b\[2Jx+\.$/,
    },
    {
      what: "rewritten in a way that cannot be used",
      sql: "PRAGMA auto_vacuum = NONE; VACUUM",
      sentence: /backup\.db has been rewritten with auto_vacuum 0: set `PRAGMA auto_vacuum = 2` in it, and VACUUM/,
    },
    {
      what: "of which the sealing key cannot be told",
      sql: "DELETE FROM facts WHERE name = 'secret_check'",
      sentence: /lacks its secret_check/,
    },
    {
      what: "whose sealing key has an endless id",
      sql: "UPDATE facts SET value = 'v1.' || hex(zeroblob(1000000)) || '.a.b' WHERE name = 'secret_check'",
      sentence: /has a damaged secret_check/,
    },
    {
      what: "whose sealing key would be looked for in another directory",
      sql: `UPDATE facts SET value = replace(value, substr(value, 4, 8), '/../../x') WHERE name = 'secret_check'`,
      sentence: /has a damaged secret_check/,
    },
  ];

  test.each(CRAFTED)("$what", async ({ sql, sentence }) => {
    using here = restorePlace();
    const { dataDir, file } = here;
    await backupOf(here);
    craft(file, sql);
    const inPlace = Bun.hash(readFileSync(join(dataDir, "posthorn.db")));
    const refused = () => restore(dataDir, file);
    expect(refused).toThrow(sentence);
    expect(refused).toThrow(/^Nothing was restored: [^\n]{1,500}\.$/);
    expect(Bun.hash(readFileSync(join(dataDir, "posthorn.db")))).toBe(inPlace);
  });
});

function craft(path: string, sql: string): void {
  using db = new Database(path);
  db.run("PRAGMA foreign_keys = OFF");
  db.run(sql);
}
