import type { Database } from "bun:sqlite";
import { type Actor, type AuditAction, type AuditEntry, type Operation, POSTHORN } from "../../domain/audit.ts";
import { AUDIT_ENTRIES_PER_TENANT_MAX, AUDIT_NAME_MAX_BYTES } from "../../limits.ts";
import type { Millis } from "../../world.ts";
import type { RowKey } from "../contract.ts";
import { changesText, cutText } from "./audit-text.ts";
import { FactTable } from "./facts.ts";

export type NewAuditEntry = Omit<AuditEntry, "row">;

/** An entry as it lies in the table, but for its changes, which may be long. */
export interface AuditColumns {
  readonly row: RowKey;
  readonly at: Millis;
  readonly tenant: string | null;
  readonly action: AuditAction;
  readonly actor: Actor["kind"];
  readonly actorId: string | null;
  readonly actorName: string | null;
  readonly actorScope: Actor["scope"];
  readonly via: Actor["via"];
  readonly requestId: string | null;
  readonly targetId: string | null;
  readonly targetName: string | null;
}

/** What the table itself refuses to have removed: entries from this time on. */
const KEPT_SINCE = "audit_kept_since";

/** The table of what was changed by whom. Whoever changes something notes it in the same transaction. */
export class AuditTable {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #facts: FactTable;

  constructor(db: Database) {
    this.#sql = prepare(db);
    this.#facts = new FactTable(db);
  }

  /** Where its tenant has as many as are kept, the oldest goes. */
  note({ by, target, changes, ...entry }: NewAuditEntry): void {
    const { at, tenant, action } = entry;
    const number = (this.#sql.newest.get(tenant)?.number ?? 0) + 1;
    this.#sql.insert.run({
      ...{ number, at, tenant, action, actor: by.kind, actorScope: by.scope, via: by.via, requestId: by.requestId },
      ...{ actorId: by.key?.id ?? null, actorName: by.key?.name ?? null },
      ...{ targetId: target?.id ?? null, targetName: target && cutText(target.name, AUDIT_NAME_MAX_BYTES) },
      changes: changesText(changes),
    });
    const oldest = this.#sql.oldest.get(tenant);
    if (oldest !== null && oldest.number <= number - AUDIT_ENTRIES_PER_TENANT_MAX) this.#sql.remove.run(oldest.row);
  }

  find(row: RowKey): AuditEntry | null {
    const columns = this.#sql.byRow.get(row);
    return columns === null ? null : fromColumns(columns);
  }

  /** Removes up to `limit` entries from before a time, oldest first. Returns how many. */
  removeBefore(before: Millis, limit: number): number {
    const aged = this.#sql.aged.all(before, limit);
    if (aged.length > 0) this.#facts.set(KEPT_SINCE, String(before));
    for (const { row } of aged) this.#sql.remove.run(row);
    return aged.length;
  }
}

/**
 * Notes what a command did to the database as a whole; for a connection that is open for writing, best in the transaction of
 * what was done.
 */
export function recordOperation(db: Database, action: Operation, now: Millis): void {
  const by = { ...POSTHORN, kind: "command" } as const;
  new AuditTable(db).note({ at: now, tenant: null, action, by, target: null, changes: [] });
}

type Row = AuditColumns & { readonly changes: string };

function fromColumns({ changes, ...columns }: Row): AuditEntry {
  const { row, at, tenant, action, actor, actorId, actorName, actorScope, via, requestId, targetId, targetName } =
    columns;
  const key = named(actorId, actorName);
  const by = { kind: actor, key, scope: actorScope, via, requestId };
  return { row, at, tenant, action, by, target: named(targetId, targetName), changes: JSON.parse(changes) };
}

function named(id: string | null, name: string | null) {
  return id === null || name === null ? null : { id, name };
}

interface Numbered {
  readonly row: RowKey;
  /** Among its tenant's. */
  readonly number: number;
}

const NUMBERED = "SELECT seq AS row, number FROM audit WHERE tenant IS ? ORDER BY seq";

function prepare(db: Database) {
  return {
    newest: db.query<Numbered, [string | null]>(`${NUMBERED} DESC LIMIT 1`),
    oldest: db.query<Numbered, [string | null]>(`${NUMBERED} LIMIT 1`),
    insert: db.query<never, Omit<Row, "row"> & { number: number }>(`
      INSERT INTO audit (number, at, tenant, action, actor, actor_id, actor_name, actor_scope, via, request_id, target_id,
        target_name, changes)
      VALUES (:number, :at, :tenant, :action, :actor, :actorId, :actorName, :actorScope, :via, :requestId, :targetId,
        :targetName, :changes)`),
    byRow: db.query<Row, [RowKey]>(`
      SELECT seq AS row, at, tenant, action, actor, actor_id AS actorId, actor_name AS actorName,
        actor_scope AS actorScope, via, request_id AS requestId, target_id AS targetId, target_name AS targetName, changes
      FROM audit WHERE seq = ?`),
    aged: db.query<{ row: RowKey }, [Millis, number]>("SELECT seq AS row FROM audit WHERE at < ? ORDER BY at LIMIT ?"),
    remove: db.query<never, [RowKey]>("DELETE FROM audit WHERE seq = ?"),
  };
}
