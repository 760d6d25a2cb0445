import { type Database, SQLiteError } from "bun:sqlite";
import type { Millis } from "../../world.ts";
import { recordOperation } from "./audit.ts";

/** What a restored backup brought back to life. */
export interface Revival {
  /** Whether the replaced database could be asked what has become of it all. */
  readonly isCompared: boolean;
  /** Pending deliveries that the replaced database calls pending too. */
  readonly goingOn: number;
  /** The other pending deliveries. */
  readonly cancelled: number;
  readonly returned: Returned;
}

/** What had been given up since the backup, and is back; as much of it as the replaced database could tell. */
interface Returned {
  /** API keys that had been deleted and are valid again. */
  readonly keys: number;
  /** Webhooks that had been deleted or turned off and get events again. */
  readonly webhooks: number;
}

const NOTHING: Returned = { keys: 0, webhooks: 0 };

/**
 * Sees to it that what a backup brings back is not sent again by itself: a delivery goes on only if the database that is being
 * replaced calls it pending too, and from where it has come to there. All others are cancelled, since they may have been
 * delivered since. Sessions end, and the audit log tells of it.
 *
 * @param db the backup, open for writing
 * @param replaced path of a sound database that nobody else has open; null: there is none
 */
export function settleRevived(db: Database, replaced: string | null, now: Millis): Revival {
  db.run(
    "CREATE TEMP TABLE going_on (delivery INTEGER PRIMARY KEY, attempts INTEGER, due_at INTEGER, wait_ms INTEGER)",
  );
  const returned = replaced === null ? null : compare(db, replaced, now);
  const settle = db.transaction(() => {
    const goingOn = db.query(TAKE_OVER).run().changes;
    const cancelled = db.query(CANCEL_THE_REST).run(now).changes;
    db.run("DELETE FROM sessions");
    recordOperation(db, "database.restored", now);
    return { isCompared: returned !== null, goingOn, cancelled, returned: returned ?? NOTHING };
  });
  return settle.immediate();
}

/** Null: its tables are not what they would have to be, as those of another program or of another Posthorn may be. */
function compare(db: Database, replaced: string, now: Millis): Returned | null {
  db.query<never, [string]>("ATTACH ? AS replaced").run(replaced);
  try {
    return db.transaction(() => {
      db.run(FIND_GOING_ON);
      return db.query<Returned, [Millis]>(COUNT_RETURNED).get(now);
    })();
  } catch (error) {
    if (error instanceof SQLiteError) return null;
    throw error;
  } finally {
    db.run("DETACH replaced");
  }
}

/** What a deleted webhook still has pending only waits for its cancellation to be written. */
const FIND_GOING_ON = `
  INSERT INTO temp.going_on
  SELECT mine.seq, theirs.attempts, theirs.due_at, theirs.wait_ms
  FROM main.deliveries mine JOIN replaced.deliveries theirs ON theirs.id = mine.id
    JOIN replaced.webhooks w ON w.seq = theirs.webhook
  WHERE mine.state = 'pending' AND mine.is_test = 0 AND theirs.state = 'pending' AND w.deleted_at IS NULL`;

/** A key that has expired may be gone there because it had. */
const COUNT_RETURNED = `
  SELECT
    (SELECT count(*) FROM main.keys WHERE id NOT IN (SELECT id FROM replaced.keys)
      AND (expires_at IS NULL OR expires_at > ?)) AS keys,
    (SELECT count(*) FROM main.webhooks WHERE active = 1
      AND id NOT IN (SELECT id FROM replaced.webhooks WHERE active = 1)) AS webhooks`;

const TAKE_OVER = `
  UPDATE deliveries SET attempts = there.attempts, due_at = there.due_at, wait_ms = there.wait_ms
  FROM temp.going_on AS there WHERE deliveries.seq = there.delivery`;

/** The logs tell what the restore has cancelled by its reason: nothing else cancels a delivery that is no test as interrupted. */
const CANCEL_THE_REST = `
  UPDATE deliveries SET state = 'cancelled', due_at = NULL, because = 'interrupted', finished_at = max(?, created_at)
  WHERE state = 'pending' AND seq NOT IN (SELECT delivery FROM temp.going_on)`;
