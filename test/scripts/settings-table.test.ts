import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { settingsTable, withSettingsTable } from "../../scripts/settings-table.ts";
import { SETTINGS } from "../../src/settings.ts";

test("the README's table of settings is the one that the program reads by (scripts/bun run settings-table mends it)", () => {
  const readme = readFileSync(join(import.meta.dir, "../../README.md"), "utf8");
  expect(readme).toBe(withSettingsTable(readme));
});

test("the table has a row for every setting, with its default and an example", () => {
  const rows = settingsTable().split("\n").slice(2);
  expect(rows).toHaveLength(Object.keys(SETTINGS).length);
  expect(rows[1]).toBe(
    "| `POSTHORN_PORT` | `8787` | `80` | Port on which the API listens; 0 takes a free one and prints it |",
  );
  expect(rows.find((row) => row.includes("POSTHORN_PRUNE_CRON"))).toContain("| `17 * * * *` | `30 3 * * *` |");
  expect(rows.find((row) => row.includes("POSTHORN_EVENT_TYPES"))).toContain("| the ten of SmartCV |");
});

test("what stands between the markers is replaced, and a README without them is refused", () => {
  const mended = withSettingsTable("a\n<!-- settings:begin -->\nold\n<!-- settings:end -->\nb");
  expect(mended).toBe(`a\n<!-- settings:begin -->\n${settingsTable()}\n<!-- settings:end -->\nb`);
  expect(() => withSettingsTable("no table")).toThrow("settings:begin");
});
