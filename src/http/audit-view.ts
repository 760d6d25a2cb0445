import type { Static } from "@sinclair/typebox";
import { type AuditChange, type AuditEntry, type AuditField, type AuditValue, auditId } from "../domain/audit.ts";
import { formatDuration } from "../domain/quantity.ts";
import type { AuditEntryView } from "./audit-schemas.ts";

type View = Static<typeof AuditEntryView>;
type ChangeView = View["changes"][number];
type ValueView = NonNullable<ChangeView["to"]> | null;

/** An entry of the audit log, its fields named and written as the rest of the API does. */
export function auditEntryView(entry: AuditEntry): View {
  const { at, action, by, tenant, target, changes } = entry;
  return {
    id: auditId(entry),
    at: new Date(at).toISOString(),
    action,
    actor: { type: by.kind, id: by.key?.id ?? null, name: by.key?.name ?? null, scope: by.scope, via: by.via },
    request_id: by.requestId,
    tenant,
    target,
    changes: changes.map(changeView),
  };
}

function changeView({ field, from, to, isCut }: AuditChange): ChangeView {
  const name = NAMES[field] ?? field;
  if (from === undefined || to === undefined) return { field: name };
  return { field: name, from: written(field, from), to: written(field, to), ...(isCut && { cut: true }) };
}

/** Those that the API names in another way than the domain. */
const NAMES: Partial<Record<AuditField, string>> = {
  retryScheduleMs: "retry_schedule",
  timeoutMs: "timeout",
  disabledReason: "disabled_reason",
  expiresAt: "expires_at",
};

function written(field: AuditField, value: AuditValue): ValueView {
  if (typeof value === "number") return field === "expiresAt" ? new Date(value).toISOString() : formatDuration(value);
  if (typeof value !== "object" || value === null) return value;
  return value.map((each) => (typeof each === "number" ? formatDuration(each) : each));
}
