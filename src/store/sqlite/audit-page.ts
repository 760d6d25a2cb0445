import type { Database } from "bun:sqlite";
import type { AuditAction, AuditEntry } from "../../domain/audit.ts";
import { AUDIT_EXAMINED_MAX } from "../../limits.ts";
import type { Page, RowKey } from "../contract.ts";
import type { AuditTable } from "./audit.ts";
import { fromNewest } from "./page.ts";

/** Null: all of them. */
export interface AuditList {
  readonly tenant: string | null;
  readonly action: AuditAction | null;
  readonly targetId: string | null;
  readonly actorId: string | null;
  readonly limit: number;
  readonly before: RowKey | null;
}

interface Candidate {
  readonly row: RowKey;
  readonly tenant: string | null;
  readonly action: AuditAction;
  readonly targetId: string | null;
  readonly actorId: string | null;
}

/** Pages of the audit log. One index finds the candidates, a bounded number of them, and only what is shown is read. */
export class AuditPages {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #table: AuditTable;

  constructor(db: Database, table: AuditTable) {
    this.#sql = prepare(db);
    this.#table = table;
  }

  page(list: AuditList): Page<AuditEntry> {
    const most = isByOneIndex(list) ? list.limit + 1 : AUDIT_EXAMINED_MAX;
    const candidates = this.#candidates(list, most);
    const fitting = candidates.filter((candidate) => fits(candidate, list));
    const shown = fitting.slice(0, list.limit);
    const isAll = candidates.length < most;
    const last = fitting.length > list.limit ? shown.at(-1) : isAll ? undefined : candidates.at(-1);
    const rows = shown.map(({ row }) => this.#table.find(row)).filter((entry) => entry !== null);
    return { rows, next: last?.row ?? null };
  }

  /** By the filter that leaves the fewest. Of one tenant they are its own alone: a cursor tells nobody what there is elsewhere. */
  #candidates(list: AuditList, most: number): readonly Candidate[] {
    const { tenant } = list;
    return tenant === null ? this.#ofAll(list, most) : this.#ofTenant(tenant, list, most);
  }

  #ofAll({ targetId, actorId, before }: AuditList, most: number): readonly Candidate[] {
    const from = fromNewest(before);
    if (targetId !== null) return this.#sql.ofTarget.all(targetId, from, most);
    return actorId !== null ? this.#sql.ofActor.all(actorId, from, most) : this.#sql.all.all(from, most);
  }

  #ofTenant(tenant: string, { targetId, actorId, before }: AuditList, most: number): readonly Candidate[] {
    const from = fromNewest(before);
    const { ofTenant, ofTenantAndTarget, ofTenantAndActor } = this.#sql;
    if (targetId !== null) return ofTenantAndTarget.all(tenant, targetId, from, most);
    return actorId !== null ? ofTenantAndActor.all(tenant, actorId, from, most) : ofTenant.all(tenant, from, most);
  }
}

/** No index knows the actions, and none both of the others. */
function isByOneIndex({ action, targetId, actorId }: AuditList): boolean {
  return action === null && (targetId === null || actorId === null);
}

const FILTERS = ["tenant", "action", "targetId", "actorId"] as const;

function fits(candidate: Candidate, list: AuditList): boolean {
  return FILTERS.every((name) => list[name] === null || list[name] === candidate[name]);
}

const CANDIDATES = "SELECT seq AS row, tenant, action, target_id AS targetId, actor_id AS actorId FROM audit";

function prepare(db: Database) {
  return {
    all: db.query<Candidate, [RowKey, number]>(`${CANDIDATES} WHERE seq < ? ORDER BY seq DESC LIMIT ?`),
    ofTenant: db.query<Candidate, [string, RowKey, number]>(
      `${CANDIDATES} WHERE tenant = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    ),
    ofTenantAndTarget: db.query<Candidate, [string, string, RowKey, number]>(
      `${CANDIDATES} WHERE tenant = ? AND target_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    ),
    ofTenantAndActor: db.query<Candidate, [string, string, RowKey, number]>(
      `${CANDIDATES} WHERE tenant = ? AND actor_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    ),
    ofTarget: db.query<Candidate, [string, RowKey, number]>(
      `${CANDIDATES} WHERE target_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    ),
    ofActor: db.query<Candidate, [string, RowKey, number]>(
      `${CANDIDATES} WHERE actor_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    ),
  };
}
