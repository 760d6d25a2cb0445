import type { Database } from "bun:sqlite";
import { type Actor, type AuditAction, type AuditChange, POSTHORN } from "../../domain/audit.ts";
import { formatId, parseId } from "../../domain/ids.ts";
import type { Webhook } from "../../domain/webhook.ts";
import type { Millis } from "../../world.ts";
import type { Page, WebhookKey } from "../contract.ts";
import type { AuditTable } from "./audit.ts";
import { webhookChanges } from "./audit-changes.ts";
import { asPage, fromNewest } from "./page.ts";

/** A webhook between the front and the database: flat, lists as JSON, secrets and header values sealed. */
export interface SealedWebhook {
  readonly key: WebhookKey;
  readonly id: string;
  readonly tenant: string;
  readonly url: string;
  readonly events: string;
  readonly secrets: string;
  readonly headers: string;
  readonly active: boolean;
  readonly disabledReason: Webhook["disabledReason"];
  readonly description: string | null;
  readonly retryScheduleMs: string | null;
  readonly timeoutMs: Millis | null;
  readonly urlPassed: boolean;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly deletedAt: Millis | null;
}

export type NewSealedWebhook = Omit<SealedWebhook, "key" | "disabledReason" | "updatedAt" | "deletedAt">;

/** What its owner can change; the fields that are absent stay. */
export type SealedChanges = Partial<
  Pick<
    SealedWebhook,
    "url" | "events" | "secrets" | "headers" | "active" | "description" | "retryScheduleMs" | "timeoutMs" | "urlPassed"
  >
> & {
  /** As they have to lie in the table still; null: they were others already when the front looked. */
  readonly headersBefore?: string | null;
};

export interface WebhookCreation extends NewSealedWebhook {
  readonly by: Actor;
  /** Without the deleted ones. */
  readonly maxOfTenant: number;
}

export interface WebhookDeed {
  readonly tenant: string;
  readonly id: string;
  readonly now: Millis;
  readonly by: Actor;
}

export interface WebhookUpdate extends WebhookDeed {
  readonly changes: SealedChanges;
}

export interface WebhookList {
  readonly tenant: string;
  readonly limit: number;
  readonly before: number | null;
}

/** The table of webhooks. A deleted one stays as long as it has deliveries. What changes on one is noted in the audit log. */
export class WebhookTable {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #audit: AuditTable;

  constructor(db: Database, audit: AuditTable) {
    this.#sql = prepare(db);
    this.#audit = audit;
  }

  /** Null: the tenant has as many as it may. Writes come one after the other, so no two can both be the last one. */
  create({ by, maxOfTenant, ...webhook }: WebhookCreation): SealedWebhook | null {
    if ((this.#sql.count.get(webhook.tenant)?.count ?? 0) >= maxOfTenant) return null;
    const row: SealedWebhook = {
      ...webhook,
      key: 0,
      disabledReason: null,
      updatedAt: webhook.createdAt,
      deletedAt: null,
    };
    const { lastInsertRowid } = this.#sql.insert.run(columnsOf(row));
    this.#note("webhook.created", row, by, row.createdAt, webhookChanges(null, row));
    return { ...row, key: Number(lastInsertRowid) };
  }

  find(tenant: string, id: string): SealedWebhook | null {
    const bytes = parseId("webhook", id);
    return bytes === null ? null : webhookOf(this.#sql.byId.get(bytes, tenant));
  }

  byKey(key: WebhookKey): SealedWebhook | null {
    return webhookOf(this.#sql.byKey.get(key));
  }

  list({ tenant, limit, before }: WebhookList): Page<SealedWebhook> {
    const rows = this.#sql.listed.all(tenant, fromNewest(before), limit + 1).map(fromColumns);
    return asPage(rows, limit, (row) => row.key);
  }

  /** Null: there is none, it is deleted, or its headers are not what the change was made of. */
  update({ tenant, id, changes: { headersBefore, ...changes }, now, by }: WebhookUpdate): SealedWebhook | null {
    const before = this.#living(tenant, id);
    if (before === null || (headersBefore !== undefined && headersBefore !== before.headers)) return null;
    const after = changed(before, changes, now);
    const fields = webhookChanges(before, after);
    if (fields.length > 0) this.#note("webhook.updated", after, by, now, fields);
    return this.#write(after);
  }

  remove({ tenant, id, now, by }: WebhookDeed): SealedWebhook | null {
    const before = this.#living(tenant, id);
    if (before === null) return null;
    this.#note("webhook.deleted", before, by, now, []);
    return this.#write({ ...before, active: false, deletedAt: now });
  }

  /** The webhook whose secret somebody is to see; that is noted as a change would be. Null: there is none, or it is deleted. */
  readSecret({ tenant, id, now, by }: WebhookDeed): SealedWebhook | null {
    const webhook = this.#living(tenant, id);
    if (webhook !== null) this.#note("secret.read", webhook, by, now, []);
    return webhook;
  }

  /** The receiver at `url` is gone for good: that webhook rests until its owner turns it on. Null: it has moved on already. */
  turnOff(key: WebhookKey, url: string, now: Millis): SealedWebhook | null {
    const before = this.byKey(key);
    if (before === null || !before.active || before.url !== url) return null;
    const after: SealedWebhook = { ...before, active: false, disabledReason: "gone", updatedAt: now };
    this.#note("webhook.disabled", after, POSTHORN, now, webhookChanges(before, after));
    return this.#write(after);
  }

  /** The guard let `url` pass: a later refusal is then taken for an operator's mistake. Null: that was known, or it has moved on. */
  vouchFor(key: WebhookKey, url: string): SealedWebhook | null {
    const before = this.byKey(key);
    if (before === null || before.urlPassed || before.url !== url) return null;
    return this.#write({ ...before, urlPassed: true });
  }

  #living(tenant: string, id: string): SealedWebhook | null {
    const webhook = this.find(tenant, id);
    return webhook === null || webhook.deletedAt !== null ? null : webhook;
  }

  #note(
    action: AuditAction,
    { id, tenant, url }: SealedWebhook,
    by: Actor,
    at: Millis,
    changes: readonly AuditChange[],
  ): void {
    this.#audit.note({ at, tenant, action, by, target: { id, name: url }, changes });
  }

  #write(row: SealedWebhook): SealedWebhook {
    this.#sql.update.run({ ...columnsOf(row), key: row.key });
    return row;
  }
}

/** A new URL has not passed the guard unless the caller says so; learning that it did is no change of the owner's. */
function changed(before: SealedWebhook, changes: Omit<SealedChanges, "headersBefore">, now: Millis): SealedWebhook {
  const { urlPassed, ...owners } = changes;
  const isMoved = owners.url !== undefined && owners.url !== before.url;
  return {
    ...before,
    ...owners,
    urlPassed: urlPassed ?? (before.urlPassed && !isMoved),
    disabledReason: owners.active === true ? null : before.disabledReason,
    updatedAt: Object.keys(owners).length > 0 ? now : before.updatedAt,
  };
}

type Columns = Omit<SealedWebhook, "id" | "active" | "urlPassed"> & {
  readonly id: Uint8Array;
  readonly active: number;
  readonly urlPassed: number;
};

function webhookOf(columns: Columns | null): SealedWebhook | null {
  return columns === null ? null : fromColumns(columns);
}

function fromColumns(columns: Columns): SealedWebhook {
  return {
    ...columns,
    id: formatId("webhook", columns.id),
    active: columns.active === 1,
    urlPassed: columns.urlPassed === 1,
  };
}

function columnsOf({ key: _key, ...row }: SealedWebhook) {
  return { ...row, id: parseId("webhook", row.id) };
}

const COLUMNS = `seq AS key, id, tenant, url, events, secrets, headers, active, disabled_reason AS disabledReason, description,
  retry_schedule_ms AS retryScheduleMs, timeout_ms AS timeoutMs, url_passed AS urlPassed, created_at AS createdAt,
  updated_at AS updatedAt, deleted_at AS deletedAt`;

function prepare(db: Database) {
  return {
    insert: db.query<never, ReturnType<typeof columnsOf>>(`
      INSERT INTO webhooks (id, tenant, url, events, secrets, headers, active, disabled_reason, description,
        retry_schedule_ms, timeout_ms, url_passed, created_at, updated_at, deleted_at)
      VALUES (:id, :tenant, :url, :events, :secrets, :headers, :active, :disabledReason, :description,
        :retryScheduleMs, :timeoutMs, :urlPassed, :createdAt, :updatedAt, :deletedAt)`),
    update: db.query<never, ReturnType<typeof columnsOf> & { key: WebhookKey }>(`
      UPDATE webhooks SET url = :url, events = :events, secrets = :secrets, headers = :headers, active = :active,
        disabled_reason = :disabledReason, description = :description, retry_schedule_ms = :retryScheduleMs,
        timeout_ms = :timeoutMs, url_passed = :urlPassed, updated_at = :updatedAt, deleted_at = :deletedAt
      WHERE seq = :key`),
    count: db.query<{ count: number }, [string]>(
      "SELECT count(*) AS count FROM webhooks WHERE tenant = ? AND deleted_at IS NULL",
    ),
    byId: db.query<Columns, [Uint8Array, string]>(`SELECT ${COLUMNS} FROM webhooks WHERE id = ? AND tenant = ?`),
    byKey: db.query<Columns, [WebhookKey]>(`SELECT ${COLUMNS} FROM webhooks WHERE seq = ?`),
    listed: db.query<Columns, [string, number, number]>(`
      SELECT ${COLUMNS} FROM webhooks WHERE tenant = ? AND deleted_at IS NULL AND seq < ? ORDER BY seq DESC LIMIT ?`),
  };
}
