/**
 * Moments at which Posthorn can be made to die as by kill -9. Only a test build imports this file, as the first thing in its
 * main program and in its writer: nothing of it is in the product, which does not know of it either.
 */
import { Database } from "bun:sqlite";
import { existsSync, readFileSync } from "node:fs";
import { Exchanger } from "../../src/delivery/exchanger.ts";
import { Sender } from "../../src/delivery/sender.ts";
import { Writer } from "../../src/store/sqlite/writer.ts";
import type { CrashPoint } from "./crash-point.ts";

const batch = { verbs: new Set<string>() };

Writer.prototype.run = new Proxy(Writer.prototype.run, {
  apply(run, writer, [commands]: Parameters<Writer["run"]>) {
    batch.verbs = new Set(commands.map(({ verb }) => verb));
    return Reflect.apply(run, writer, [commands]);
  },
});

Database.prototype.query = new Proxy(Database.prototype.query, {
  apply(query, db, [sql]: [string]) {
    const statement = Reflect.apply(query, db, [sql]);
    if (sql !== "COMMIT") return statement;
    statement.run = new Proxy(statement.run, {
      apply(run, self, parameters) {
        crashAtCommit("before");
        const result = Reflect.apply(run, self, parameters);
        crashAtCommit("after");
        return result;
      },
    });
    return statement;
  },
});

function crashAtCommit(moment: "before" | "after"): void {
  if (batch.verbs.has("ingest")) crashAt(`${moment} the commit of an ingest`);
  if (batch.verbs.has("settle")) crashAt(`${moment} the commit of an outcome`);
  if (batch.verbs.has("tidy")) crashAt(`${moment} the commit of a pruning`);
}

Database.prototype.run = new Proxy(Database.prototype.run, {
  apply(run, db, parameters: Parameters<Database["run"]>) {
    const [sql] = parameters;
    if (sql.startsWith("PRAGMA wal_checkpoint(PASSIVE)")) crashAt("between freed pages and their checkpoint");
    if (sql.startsWith("PRAGMA user_version =")) crashAt("in a migration");
    const result = Reflect.apply(run, db, parameters);
    if (sql.startsWith("PRAGMA application_id =")) crashAt("before the first migration");
    return result;
  },
});

Sender.prototype.deliver = new Proxy(Sender.prototype.deliver, {
  apply(deliver, sender, parameters) {
    crashAt("after the lease");
    return Reflect.apply(deliver, sender, parameters);
  },
});

Exchanger.prototype.exchange = new Proxy(Exchanger.prototype.exchange, {
  async apply(exchange, exchanger, parameters) {
    const reply = await Reflect.apply(exchange, exchanger, parameters);
    crashAt("after the reply");
    return reply;
  },
});

/** The file that `CRASH_POINT_FILE` names holds the point that is armed, if any. */
function crashAt(point: CrashPoint): void {
  const path = process.env["CRASH_POINT_FILE"] ?? "";
  if (existsSync(path) && readFileSync(path, "utf8") === point) process.kill(process.pid, "SIGKILL");
}
