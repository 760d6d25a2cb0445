import { type ProblemDetail, validationFailed } from "../domain/problem.ts";
import { PAGE_DEFAULT } from "../limits.ts";
import type { Page, PageRequest, RowKey } from "../store/contract.ts";

const VERSION = "1";
const SHAPE = /^1\.([0-9a-f]{16})\.(\d{1,15})$/;
const FINGERPRINT_DIGITS = 16;

/** What makes two lists the same list: its name, its owner, its filters. */
export type ListIdentity = readonly (string | undefined)[];

/** The text that a client sends to get the page after this one; null at the end. */
export function cursorAfter(page: Page<unknown>, list: ListIdentity): string | null {
  if (page.next === null) return null;
  return Buffer.from([VERSION, fingerprint(list), page.next].join(".")).toString("base64url");
}

/**
 * The page that a list's `limit` and `cursor` ask for.
 *
 * @throws Problem 422 when the cursor was not given for this very list
 */
export function pageRequest(query: { limit?: number; cursor?: string }, list: ListIdentity): PageRequest {
  const before = query.cursor === undefined ? null : rowOf(query.cursor, list);
  return { limit: query.limit ?? PAGE_DEFAULT, before };
}

function rowOf(cursor: string, list: ListIdentity): RowKey {
  const [, of, row] = SHAPE.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (row === undefined) throw bad("This is not a cursor that Posthorn gave.");
  if (of !== fingerprint(list)) throw bad("This cursor belongs to another list or to other filters.");
  return Number(row);
}

function bad(message: string): Error {
  const detail: ProblemDetail = { path: "?cursor", message: `${message} Begin again without a cursor.` };
  return validationFailed([detail]);
}

function fingerprint(list: ListIdentity): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(list)).digest("hex").slice(0, FINGERPRINT_DIGITS);
}
