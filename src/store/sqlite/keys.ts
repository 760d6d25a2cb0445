import type { Database } from "bun:sqlite";
import type { Actor } from "../../domain/audit.ts";
import { formatId, parseId } from "../../domain/ids.ts";
import { SESSIONS_PER_KEY_MAX } from "../../limits.ts";
import type { Millis } from "../../world.ts";
import type { Key, NewKey, Page, PageRequest, RowKey, Scope, Session } from "../contract.ts";
import type { AuditTable } from "./audit.ts";
import { keyFields } from "./audit-changes.ts";
import { asPage, fromNewest } from "./page.ts";

export interface KeyList extends PageRequest {
  /** Null: of all tenants. */
  readonly tenant: string | null;
}

export interface KeyCreation extends NewKey {
  readonly by: Actor;
  /** Null: as many as there may come. */
  readonly maxOfTenant: number | null;
}

export interface KeyRemoval {
  /** Null: of any tenant. */
  readonly tenant: string | null;
  readonly id: string;
  readonly adminKeyIsConfigured: boolean;
  readonly now: Millis;
  readonly by: Actor;
}

export type KeyRemoved =
  | { readonly kind: "deleted"; readonly hash: string }
  | { readonly kind: "not_found" | "last_admin" };

export interface FoundSession {
  readonly session: Session;
  readonly key: Key | null;
}

/**
 * The tables of API keys and of the sessions that they open. Tokens are known by their hashes only. What changes of the keys is
 * noted in the audit log.
 */
export class KeyTable {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #audit: AuditTable;

  constructor(db: Database, audit: AuditTable) {
    this.#sql = prepare(db);
    this.#audit = audit;
  }

  /** Null: there are as many as there may be. */
  create({ by, maxOfTenant, ...key }: KeyCreation): Key | null {
    const { id, hash, name, scope, tenant, createdAt, expiresAt } = key;
    if (maxOfTenant !== null && (this.#sql.count.get(tenant)?.count ?? 0) >= maxOfTenant) return null;
    const bytes = parseId("key", id);
    const { lastInsertRowid } = this.#sql.insert.run(bytes, hash, name, scope, tenant, createdAt, expiresAt);
    const target = { id, name };
    this.#audit.note({ at: createdAt, tenant, action: "key.created", by, target, changes: keyFields(key) });
    return { row: Number(lastInsertRowid), id, name, scope, tenant, createdAt, expiresAt };
  }

  list({ tenant, limit, before }: KeyList): Page<Key> {
    const { all, ofTenant } = this.#sql;
    const from = fromNewest(before);
    const rows = tenant === null ? all.all(from, limit + 1) : ofTenant.all(tenant, from, limit + 1);
    return asPage(rows.map(fromColumns), limit, (key) => key.row);
  }

  isAdministered(now: Millis): boolean {
    return this.#sql.otherAdmin.get(NO_ROW, now + 1) !== null;
  }

  find(hash: string): Key | null {
    const columns = this.#sql.byHash.get(hash);
    return columns === null ? null : fromColumns(columns);
  }

  /** Its sessions end with it. */
  remove({ tenant, id, adminKeyIsConfigured, now, by }: KeyRemoval): KeyRemoved {
    const found = this.#owned(tenant, id);
    if (found === null) return { kind: "not_found" };
    if (!adminKeyIsConfigured && this.#isLastAdmin(found, now)) return { kind: "last_admin" };
    this.#sql.removeSessionsOfKey.run(found.hash);
    this.#sql.remove.run(found.row);
    const target = { id, name: found.name };
    this.#audit.note({ at: now, tenant: found.tenant, action: "key.deleted", by, target, changes: [] });
    return { kind: "deleted", hash: found.hash };
  }

  /** The hashes of those that ended, because their key has too many. */
  createSession({ hash, keyHash, expiresAt }: Session): readonly string[] {
    this.#sql.insertSession.run(hash, keyHash, expiresAt);
    return this.#sql.removeOldSessions.all(keyHash, SESSIONS_PER_KEY_MAX).map((ended) => ended.hash);
  }

  findSession(hash: string): FoundSession | null {
    const session = this.#sql.session.get(hash);
    return session === null ? null : { session, key: this.find(session.keyHash) };
  }

  removeSession(hash: string): void {
    this.#sql.removeSession.run(hash);
  }

  #owned(tenant: string | null, id: string): Columns | null {
    const bytes = parseId("key", id);
    const columns = bytes === null ? null : this.#sql.byId.get(bytes);
    return columns !== null && (tenant === null || columns.tenant === tenant) ? columns : null;
  }

  /** One that ends sooner is no other admin. The removal of a key that does not work any more changes nothing. */
  #isLastAdmin({ row, scope, tenant, expiresAt }: Columns, now: Millis): boolean {
    const endsAt = expiresAt ?? Number.MAX_SAFE_INTEGER;
    const isAdmin = scope === "admin" && tenant === null && endsAt > now;
    return isAdmin && this.#sql.otherAdmin.get(row, endsAt) === null;
  }
}

type Columns = Omit<Key, "id"> & { readonly id: Uint8Array; readonly hash: string };

function fromColumns({ row, id, name, scope, tenant, createdAt, expiresAt }: Columns): Key {
  return { row, id: formatId("key", id), name, scope, tenant, createdAt, expiresAt };
}

/** Rows are counted from 1. */
const NO_ROW = 0;
const COLUMNS = "seq AS row, id, hash, name, scope, tenant, created_at AS createdAt, expires_at AS expiresAt";

function prepare(db: Database) {
  return {
    insert: db.query<never, [Uint8Array | null, string, string, Scope, string | null, Millis, Millis | null]>(
      "INSERT INTO keys (id, hash, name, scope, tenant, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    count: db.query<{ count: number }, [string | null]>("SELECT count(*) AS count FROM keys WHERE tenant IS ?"),
    all: db.query<Columns, [RowKey, number]>(`SELECT ${COLUMNS} FROM keys WHERE seq < ? ORDER BY seq DESC LIMIT ?`),
    ofTenant: db.query<Columns, [string, RowKey, number]>(
      `SELECT ${COLUMNS} FROM keys WHERE tenant = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    ),
    byHash: db.query<Columns, [string]>(`SELECT ${COLUMNS} FROM keys WHERE hash = ?`),
    byId: db.query<Columns, [Uint8Array]>(`SELECT ${COLUMNS} FROM keys WHERE id = ?`),
    otherAdmin: db.query<{ seq: number }, [number, Millis]>(`
      SELECT seq FROM keys
      WHERE tenant IS NULL AND scope = 'admin' AND seq <> ? AND (expires_at IS NULL OR expires_at >= ?) LIMIT 1`),
    remove: db.query<never, [number]>("DELETE FROM keys WHERE seq = ?"),
    removeSessionsOfKey: db.query<never, [string]>("DELETE FROM sessions WHERE key_hash = ?"),
    insertSession: db.query<never, [string, string, Millis]>(
      "INSERT INTO sessions (hash, key_hash, expires_at) VALUES (?, ?, ?)",
    ),
    removeOldSessions: db.query<{ hash: string }, [string, number]>(`
      DELETE FROM sessions WHERE key_hash = ?1
        AND seq <= (SELECT seq FROM sessions WHERE key_hash = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2) RETURNING hash`),
    session: db.query<Session, [string]>(
      "SELECT hash, key_hash AS keyHash, expires_at AS expiresAt FROM sessions WHERE hash = ?",
    ),
    removeSession: db.query<never, [string]>("DELETE FROM sessions WHERE hash = ?"),
  };
}
