import type { Millis } from "../world.ts";
import { formatId, uuidv7 } from "./ids.ts";
import type { Scope } from "./scope.ts";

/** What the audit log tells of: whatever changes the configuration, or shows a secret. */
export const AUDIT_ACTIONS = [
  "webhook.created",
  "webhook.updated",
  "webhook.deleted",
  "webhook.disabled",
  "secret.read",
  "key.created",
  "key.deleted",
  "secret_key.rotated",
  "database.restored",
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What is done to the database as a whole, by a command on its machine. */
export type Operation = Extract<AuditAction, "secret_key.rotated" | "database.restored">;

export const ACTOR_KINDS = ["key", "configured_key", "posthorn", "command"] as const;

/** Who did something, and in which request. */
export interface Actor {
  /**
   * - `key`: a stored key
   * - `configured_key`: POSTHORN_ADMIN_KEY
   * - `posthorn`: nobody; it came about by itself
   * - `command`: whoever runs a command on the machine
   */
  readonly kind: (typeof ACTOR_KINDS)[number];
  /** The stored key, named as it was then. */
  readonly key: { readonly id: string; readonly name: string } | null;
  readonly scope: Scope | null;
  /** How the key came: by itself, or by a session that it had opened. */
  readonly via: "key" | "session" | null;
  readonly requestId: string | null;
}

/** Nobody asked for it. */
export const POSTHORN: Actor = { kind: "posthorn", key: null, scope: null, via: null, requestId: null };

/** What it was done to, named as it was then: a webhook by its URL, a key by its name. */
export interface AuditTarget {
  readonly id: string;
  readonly name: string;
}

export type AuditValue = string | number | boolean | null | readonly string[] | readonly number[];

/** A field before and after. Of what is sealed it only says that it changed, and of headers which names there were and are. */
export interface AuditChange {
  readonly field: AuditField;
  readonly from?: AuditValue;
  readonly to?: AuditValue;
  /** They were too long: of texts this is the beginning, and of lists what was removed and what was added. */
  readonly isCut?: true;
}

/** By the names that the domain has for them; times and durations are milliseconds. */
export type AuditField =
  | "url"
  | "events"
  | "secret"
  | "active"
  | "description"
  | "retryScheduleMs"
  | "timeoutMs"
  | "headers"
  | "disabledReason"
  | "name"
  | "scope"
  | "tenant"
  | "expiresAt";

export interface AuditEntry {
  readonly row: number;
  readonly at: Millis;
  /** Whose webhook or key it is about; null: all tenants'. */
  readonly tenant: string | null;
  readonly action: AuditAction;
  readonly by: Actor;
  /** Null: the database as a whole. */
  readonly target: AuditTarget | null;
  readonly changes: readonly AuditChange[];
}

const RANDOM_BYTES = 10;
/** Behind the bits of version and variant; more than an integer needs that a number can hold. */
const ROW_OFFSET = 3;

/** The public id of an entry, `audit_…`: its time and its row, in the form of every other id. So nothing is stored for it. */
export function auditId({ at, row }: Pick<AuditEntry, "at" | "row">): string {
  const bytes = new Uint8Array(RANDOM_BYTES);
  for (let place = RANDOM_BYTES - 1, rest = row; place >= ROW_OFFSET; place--, rest = Math.floor(rest / 256)) {
    bytes[place] = rest % 256;
  }
  return formatId("audit", uuidv7(at, bytes));
}
