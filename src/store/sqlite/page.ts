import type { Page, RowKey } from "../contract.ts";

/** The bound of a page that starts at the newest row, or after the row `before`. */
export function fromNewest(before: RowKey | null): RowKey {
  return before ?? Number.MAX_SAFE_INTEGER;
}

/** A page of at most `limit`, cut out of rows of which one more was asked for. */
export function asPage<Row>(rows: readonly Row[], limit: number, rowKey: (row: Row) => RowKey): Page<Row> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? rowKey(last) : null };
}
