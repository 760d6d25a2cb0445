import type { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { KEY_CHECK_MAX_BYTES } from "../../limits.ts";
import { StoreOpenError } from "../contract.ts";
import { APPLICATION_ID, openReading } from "./connection.ts";
import { type Place, type Sealer, sealedBy } from "./front/sealer.ts";

/** The name of the fact that is sealed at the first start, only to tell whether a key is still the right one. */
export const KEY_CHECK = "secret_check";

const PLACE: Place = { table: "facts", column: "value", row: KEY_CHECK };

export function sealedCheck(sealer: Sealer): string {
  return sealer.seal(PLACE, KEY_CHECK);
}

/** @throws StoreOpenError when another key sealed the check */
export function assertOpens(sealer: Sealer, check: string): void {
  try {
    sealer.open(PLACE, check);
  } catch (cause) {
    throw otherKeyError(sealer.keyId, sealedBy(check), cause);
  }
}

/**
 * @param atHand id of the key that does not open the database
 * @param wanted id of the one that sealed it; null: not known
 */
export function otherKeyError(atHand: string, wanted: string | null, cause?: unknown): StoreOpenError {
  const id = wanted === null || wanted === atHand ? "" : ` (its id is ${wanted})`;
  return new StoreOpenError(
    `The secrets in the database were sealed with another key${id} than the one at hand (${atHand}): set POSTHORN_SECRET_KEY to that one, or put it back as secret.key.`,
    { cause },
  );
}

/**
 * The id of the key that the database at `path` was sealed with. Writes nothing to the database.
 *
 * @returns null when nothing is sealed in it, when there is none of ours, or when it cannot be read as it is: whoever then opens it
 *   for writing rolls back what a crash left of its first start, or tells what is wrong with it
 */
export function sealedWith(path: string): string | null {
  if (!existsSync(path)) return null;
  try {
    using db = openReading(path);
    const isOurs = db.query<{ id: number }, []>(OURS).get()?.id === APPLICATION_ID;
    return isOurs ? sealedBy(checkIn(db) ?? "") : null;
  } catch {
    return null;
  }
}

/**
 * Why the key that opens what is sealed in the database cannot be told. The check is there from the first start on, before anything
 * else is.
 *
 * @returns null when it can be told; else to be read after "it"
 */
export function checkFlaw(db: Database): string | null {
  const check = checkIn(db);
  if (check === null && db.query<{ blank: number }, []>(BLANK).get()?.blank === 1) return null;
  if (check === null) return "lacks its secret_check, by which its sealing key is known";
  return sealedBy(check) === null ? "has a damaged secret_check, by which its sealing key is known" : null;
}

/** One that is too long to be a check is as good as an empty one, and is not read. */
function checkIn(db: Database): string | null {
  return db.query<{ value: string }, [number, string]>(CHECK).get(KEY_CHECK_MAX_BYTES, KEY_CHECK)?.value ?? null;
}

const OURS = `SELECT application_id AS id FROM pragma_application_id
  WHERE EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'facts')`;
const CHECK = "SELECT iif(length(CAST(value AS BLOB)) <= ?, value, '') AS value FROM facts WHERE name = ?";
const BLANK = `SELECT NOT EXISTS (SELECT 1 FROM webhooks) AND NOT EXISTS (SELECT 1 FROM events)
  AND NOT EXISTS (SELECT 1 FROM keys) AS blank`;
