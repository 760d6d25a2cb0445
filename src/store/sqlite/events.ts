import type { Database } from "bun:sqlite";
import type { Millis } from "../../world.ts";
import type { EventSummary, NewEvent, Page, RowKey } from "../contract.ts";
import { asPage, fromNewest } from "./page.ts";

export interface StoredEvent extends EventSummary {
  readonly body: string;
}

export interface EventList {
  readonly tenant: string;
  readonly eventType: string | null;
  readonly limit: number;
  readonly before: RowKey | null;
}

/** The table of events. */
export class EventTable {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(db: Database) {
    this.#sql = prepare(db);
  }

  /** False, and nothing is written, when the tenant has an event of that id. */
  insert(key: RowKey, event: NewEvent, deliveries: number, isTest: boolean): boolean {
    const { tenant, id, type, createdAt, apiVersion, body } = event;
    const { insert } = this.#sql;
    return insert.run(key, tenant, id, type, createdAt, apiVersion, isTest, deliveries, body).changes > 0;
  }

  find(tenant: string, id: string): StoredEvent | null {
    const columns = this.#sql.byId.get(tenant, id);
    return columns === null ? null : { ...columns, isTest: columns.isTest === 1 };
  }

  list({ tenant, eventType, limit, before }: EventList): Page<EventSummary> {
    const bounds = [fromNewest(before), limit + 1] as const;
    const { newest, newestOfType } = this.#sql;
    const columns = eventType === null ? newest.all(tenant, ...bounds) : newestOfType.all(tenant, eventType, ...bounds);
    const rows = columns.map((row) => ({ ...row, isTest: row.isTest === 1 }));
    return asPage(rows, limit, ({ row }) => row);
  }
}

type Columns = Omit<EventSummary, "isTest"> & { readonly isTest: number };

const SUMMARY =
  "seq AS row, id, type, created_at AS createdAt, api_version AS apiVersion, is_test AS isTest, deliveries";

function prepare(db: Database) {
  return {
    insert: db.query<never, [RowKey, string, string, string, Millis, string, boolean, number, string]>(`
      INSERT INTO events (seq, tenant, id, type, created_at, api_version, is_test, deliveries, body)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, id) DO NOTHING`),
    byId: db.query<Columns & { readonly body: string }, [string, string]>(
      `SELECT ${SUMMARY}, body FROM events WHERE tenant = ? AND id = ?`,
    ),
    newest: db.query<Columns, [string, RowKey, number]>(
      `SELECT ${SUMMARY} FROM events WHERE tenant = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    ),
    newestOfType: db.query<Columns, [string, string, RowKey, number]>(
      `SELECT ${SUMMARY} FROM events WHERE tenant = ? AND type = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    ),
  };
}
