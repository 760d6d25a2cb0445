/**
 * Makes the writer commit as with `synchronous=NORMAL`, which syncs the write-ahead log before checkpoints only. Nobody but a
 * test build imports this file, as the first thing in its writer: it shows what the product would lose without its syncs.
 */
import { Database } from "bun:sqlite";

Database.prototype.query = new Proxy(Database.prototype.query, {
  apply(query, db: Database, [sql]: [string]) {
    // Prepared when the connection is open and its mode was looked at, and outside of any transaction.
    if (sql === "COMMIT") db.run("PRAGMA synchronous = NORMAL");
    return Reflect.apply(query, db, [sql]);
  },
});
