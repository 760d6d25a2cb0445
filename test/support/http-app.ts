import { createGuard } from "../../src/delivery/guard.ts";
import { POSTHORN } from "../../src/domain/audit.ts";
import { SMARTCV_EVENT_TYPES } from "../../src/domain/event-types.ts";
import { newId } from "../../src/domain/ids.ts";
import { hashToken, newToken } from "../../src/domain/token.ts";
import { type Api, createApi } from "../../src/http/api.ts";
import type { Connection } from "../../src/http/connection.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import type { Fault, HttpParts, HttpSettings, LoopHealth, TestSending } from "../../src/http/parts.ts";
import type { ReadyDelivery, Scope, Store, WebhookKey } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { createFakeWorld, type FakeWorld } from "./fake-world.ts";

/** What a test says of a request; without `key` it bears that of an admin of all tenants. */
export interface Asked {
  /** Text and bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
  /** Null: none. */
  readonly key?: string | null;
  /** The address that the socket knows; without it, there is no socket. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; reading it of an answer that is not JSON fails. */
  readonly json: unknown;
  /** The value at a path such as `data.id`; undefined where there is nothing. */
  at(path: string): unknown;
  /** The text at a path; fails when there is none. */
  textAt(path: string): string;
}

export type Call = (method: string, path: string, asked?: Asked) => Promise<Told>;

/** The API on a store in memory and a world that stands still; nothing is delivered. */
export interface HttpApp extends AsyncDisposable {
  readonly api: Api;
  /** What the API is made of, to put it on a socket. */
  readonly parts: HttpParts;
  readonly world: FakeWorld;
  readonly store: Store;
  readonly call: Call;
  /** A key of that scope, made behind the API's back. */
  key(scope: Scope, tenant?: string | null, expiresAt?: number | null): Promise<string>;
  readonly woken: ReadyDelivery[];
  readonly wokenWebhooks: WebhookKey[];
  readonly faults: Fault[];
  /** Addresses that the log was told of. */
  readonly slowedDown: string[];
  /** How often housekeeping was asked for. */
  readonly tidied: () => number;
}

export interface HttpAppOptions {
  readonly settings?: Partial<HttpSettings>;
  readonly health?: () => Partial<LoopHealth>;
  readonly sendTest?: (store: Store) => HttpParts["sendTest"];
  /** Puts something between the API and its store. */
  readonly wrap?: (store: Store) => Store;
  readonly allowHosts?: readonly string[];
  readonly isCrowded?: () => boolean;
}

export const ADMIN_KEY = "an-admin-key-of-more-than-32-characters";
const ORIGIN = "http://localhost";

const SETTINGS: HttpSettings = {
  version: "1.2.3",
  maxEventBytes: 256 * 1_024,
  headerPrefix: "X-SmartCV-",
  apiVersion: "2024-12-30",
  catalogue: SMARTCV_EVENT_TYPES,
  retryScheduleMs: [1_000, 2_000, 4_000],
  timeoutMs: 30_000,
  corsOrigins: ["https://app.example.com"],
  publicUrl: null,
  ratePerSecond: null,
  maxWebhooks: 1_000,
  maxBacklog: 10_000_000,
  adminKeyHash: hashToken(ADMIN_KEY),
};

export async function startHttpApp(options: HttpAppOptions = {}): Promise<HttpApp> {
  const world = createFakeWorld();
  const { clock, random } = world;
  const store = await openStore({
    ...{ dataDir: ":memory:", secretKey: new Uint8Array(32), random, clock },
    onFatal: (error) => {
      throw error;
    },
  });
  const seen = {
    woken: [] as ReadyDelivery[],
    wokenWebhooks: [] as WebhookKey[],
    faults: [] as Fault[],
    slowedDown: [] as string[],
  };
  let tidied = 0;
  const guard = createGuard({
    ...{ resolver: world.resolver, clock },
    policy: { allowPrivateCidrs: [], allowHosts: options.allowHosts ?? [], ownTargets: [] },
  });
  const parts: HttpParts = {
    ...{ clock, random, store: options.wrap?.(store) ?? store, metrics: createMetrics() },
    settings: { ...SETTINGS, ...options.settings },
    now: () => clock.wall(),
    wake: (deliveries) => seen.woken.push(...deliveries),
    wakeWebhook: (webhook) => seen.wokenWebhooks.push(webhook),
    tidySoon: () => {
      tidied += 1;
    },
    sendTest: options.sendTest?.(store) ?? noTest,
    judge: async (url) => guard.judge(url),
    health: () => ({ ...HEALTHY, startedAt: clock.wall(), ...options.health?.() }),
    isCrowded: options.isCrowded ?? (() => false),
    report: (fault) => seen.faults.push(fault),
    reportSlowedDown: (address) => seen.slowedDown.push(address),
  };
  const api = createApi(parts);
  return {
    ...{ api, parts, world, store, ...seen, call: caller(api), tidied: () => tidied },
    async key(scope, tenant = null, expiresAt = null) {
      const token = newToken(random.bytes(32));
      const id = newId("key", clock.wall(), random.bytes(10));
      const named = { id, name: scope, scope, tenant, createdAt: clock.wall(), expiresAt };
      await store.createKey({ ...named, hash: hashToken(token) }, POSTHORN);
      return token;
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
}

const HEALTHY = { alive: true, draining: false, diskIsLow: false, backlogIsFull: false, inFlight: 0 };

async function noTest(): Promise<TestSending> {
  return { kind: "stopping" };
}

function caller(api: Api): Call {
  return async (method, path, { body, key = ADMIN_KEY, from, headers = {} } = {}) => {
    const isRaw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
    const request = new Request(ORIGIN + path, {
      method,
      body: isRaw ? (body ?? null) : JSON.stringify(body),
      headers: {
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...(key !== null && { Authorization: `Bearer ${key}` }),
        ...headers,
      },
    });
    const connection = from === undefined ? undefined : connectionFrom(from);
    const response = await api.fetch(request, connection);
    return told(response.status, response.headers, await response.text());
  };
}

function connectionFrom(address: string): Connection {
  return { timeout: () => {}, requestIP: () => ({ address }) };
}

function told(status: number, headers: Headers, text: string): Told {
  const at = (path: string) => path.split(".").reduce<unknown>(member, JSON.parse(text));
  return {
    ...{ status, headers, text, at },
    get json() {
      return JSON.parse(text);
    },
    textAt(path) {
      const found = at(path);
      if (typeof found !== "string") throw new Error(`there is no text at ${path} in ${text}`);
      return found;
    },
  };
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}
