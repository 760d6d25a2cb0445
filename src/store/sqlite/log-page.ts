import type { Database } from "bun:sqlite";
import { DELIVERY_STATES, type DeliveryState } from "../../domain/delivery.ts";
import { LOG_EXAMINED_MAX } from "../../limits.ts";
import type { DeliveryKey, LogEntry, Page, RowKey, WebhookKey } from "../contract.ts";
import { shownState } from "./log-state.ts";
import type { LogRow, LogTable } from "./logs.ts";
import { fromNewest } from "./page.ts";

export interface LogList {
  readonly webhook: WebhookKey;
  readonly status: LogEntry["state"] | null;
  readonly eventType: string | null;
  readonly limit: number;
  readonly before: RowKey | null;
  /** The webhook's deliveries that are in flight. */
  readonly held: readonly DeliveryKey[];
}

/** Webhook, state, event type, the key that all are older than, the oldest key, how many. */
type Range = [WebhookKey, DeliveryState, string, RowKey, RowKey, number];

interface Candidate {
  readonly key: DeliveryKey;
  readonly state: DeliveryState;
}

/** Rows of one index, newest first. `end`: the last key that was looked at, or null when nothing is left behind it. */
interface Found {
  readonly rows: readonly Candidate[];
  readonly end: RowKey | null;
}

/** Pages of a webhook's logs. One index finds the candidates, a bounded number of them, and only what is shown is read. */
export class LogPages {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #lines: LogTable;

  constructor(db: Database, lines: LogTable) {
    this.#sql = prepare(db);
    this.#lines = lines;
  }

  page(list: LogList): Page<LogRow> {
    const held = new Set(list.held);
    const isDeleted = this.#sql.deleted.get(list.webhook) !== null;
    const fits = (key: DeliveryKey, state: DeliveryState) =>
      list.status === null || shownState(state, held.has(key), isDeleted) === list.status;
    const found = this.#candidates(list, isDeleted);
    const fitting = found.rows.filter(({ key, state }) => fits(key, state));
    const shown = fitting.slice(0, list.limit);
    const last = fitting.length > list.limit ? shown.at(-1)?.key : found.end;
    const rows = this.#read(shown, list.eventType).filter(({ row, state }) => fits(row, state));
    return { rows, next: last ?? null };
  }

  #candidates(list: LogList, isDeleted: boolean): Found {
    const { status, eventType } = list;
    if (status === "sending") return this.#inFlight(list);
    if (status === null)
      return eventType === null ? this.#merged(list, DELIVERY_STATES) : this.#ofType(list, eventType);
    // What is still pending of a deleted webhook only waits for its cancellation to be written, and is shown as cancelled.
    return this.#merged(list, isDeleted && status === "cancelled" ? ["cancelled", "pending"] : [status]);
  }

  /** Taken for pending here; a row that is settled at this moment is left out when it is read. */
  #inFlight({ held, before }: LogList): Found {
    const keys = held.filter((key) => key < fromNewest(before)).sort((one, other) => other - one);
    return { rows: keys.map((key) => ({ key, state: "pending" })), end: null };
  }

  #ofType({ webhook, before, limit }: LogList, eventType: string): Found {
    const most = limit + 1;
    return found(this.#sql.ofType.all(webhook, eventType, fromNewest(before), most), most);
  }

  /** Of each state as many as the page shows: the newest of them all are among those, and no index has to hold all states in one order. */
  #merged(list: LogList, states: readonly DeliveryState[]): Found {
    const each = states.map((state) => this.#inState(list, state));
    const end = each.reduce<RowKey | null>((last, found) => newest(last, found.end), null);
    const rows = each.flatMap((one) => one.rows).filter(({ key }) => key >= (end ?? 0));
    return { rows: rows.sort((one, other) => other.key - one.key), end };
  }

  /** Among the pending ones those in flight do not fit, so as many more are looked at. */
  #inState(list: LogList, state: DeliveryState): Found {
    const { webhook, before, limit, held, eventType } = list;
    const most = limit + 1 + (state === "pending" ? held.length : 0);
    if (eventType !== null) return this.#inStateOfType(list, state, eventType, most);
    return found(this.#sql.inState.all(webhook, state, fromNewest(before), most), most);
  }

  /** Two filters and an index for each: the one that most often leaves fewer rows is walked, a bounded part of it. */
  #inStateOfType({ webhook, before }: LogList, state: DeliveryState, eventType: string, most: number): Found {
    const start = fromNewest(before);
    const isMostOfThem = state === "delivered";
    const end = isMostOfThem
      ? this.#sql.endOfType.get(webhook, eventType, start, LOG_EXAMINED_MAX)
      : this.#sql.endInState.get(webhook, state, start, LOG_EXAMINED_MAX);
    const fitting = isMostOfThem ? this.#sql.ofTypeInState : this.#sql.inStateOfType;
    const { rows, end: full } = found(fitting.all(webhook, state, eventType, start, end?.key ?? 0, most), most);
    return { rows, end: full ?? end?.key ?? null };
  }

  #read(candidates: readonly Candidate[], eventType: string | null): readonly LogRow[] {
    const rows = candidates.map(({ key }) => this.#lines.byKey(key));
    return rows.filter((row) => row !== null).filter((row) => eventType === null || row.eventType === eventType);
  }
}

function found(rows: readonly Candidate[], most: number): Found {
  return { rows, end: rows.length < most ? null : (rows.at(-1)?.key ?? null) };
}

function newest(one: RowKey | null, other: RowKey | null): RowKey | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

function prepare(db: Database) {
  return {
    deleted: db.query<{ seq: WebhookKey }, [WebhookKey]>(
      "SELECT seq FROM webhooks WHERE seq = ? AND deleted_at IS NOT NULL",
    ),
    ofType: db.query<Candidate, [WebhookKey, string, RowKey, number]>(`
      SELECT seq AS key, state FROM deliveries
      WHERE webhook = ? AND event_type = ? AND seq < ? ORDER BY seq DESC LIMIT ?`),
    inState: db.query<Candidate, [WebhookKey, DeliveryState, RowKey, number]>(`
      SELECT seq AS key, state FROM deliveries WHERE webhook = ? AND state = ? AND seq < ? ORDER BY seq DESC LIMIT ?`),
    // A `+` keeps a column out of the choice of the index.
    ofTypeInState: db.query<Candidate, Range>(`
      SELECT seq AS key, state FROM deliveries
      WHERE webhook = ? AND +state = ? AND event_type = ? AND seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ?`),
    inStateOfType: db.query<Candidate, Range>(`
      SELECT seq AS key, state FROM deliveries
      WHERE webhook = ? AND state = ? AND +event_type = ? AND seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ?`),
    endOfType: db.query<Pick<Candidate, "key">, [WebhookKey, string, RowKey, number]>(`
      SELECT seq AS key FROM deliveries
      WHERE webhook = ? AND event_type = ? AND seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ?`),
    endInState: db.query<Pick<Candidate, "key">, [WebhookKey, DeliveryState, RowKey, number]>(`
      SELECT seq AS key FROM deliveries
      WHERE webhook = ? AND state = ? AND seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ?`),
  };
}
