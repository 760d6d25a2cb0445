import type { Bench } from "../bench.ts";
import { waitFor } from "../wait.ts";
import { type LogLine, LogWatch } from "./log-watch.ts";
import { SECRET, type Subject } from "./subject.ts";

const START_MAX_SECONDS = 30;
const STOP_MAX_SECONDS = 60;
const KEY = "benchmark-0123456789-0123456789-0123456789";

export interface PosthornOptions {
  /** An earlier one's, to go on with its database; a new one otherwise. */
  readonly directory?: string;
  /** Besides what lets it send to receivers on this machine and have the webhooks of every row; all else is as it comes. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Posthorn extends Subject {
  readonly directory: string;
  readonly pid: number;
  /** Makes webhooks, each for these event types. */
  subscribe(webhooks: readonly WebhookToMake[]): Promise<readonly string[]>;
  /** Calls the API and gives its `data`. @throws Error for any failure */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  /** The first line of its log with this message so far, among those that LogWatch keeps. */
  logged(message: string): LogLine | null;
  /** As SIGTERM does it: the database is complete in its one file afterwards. */
  stop(): Promise<void>;
}

export interface WebhookToMake {
  readonly url: string;
  readonly events: readonly string[];
  /** Of one attempt; the default's without it. */
  readonly timeout?: string;
}

/** Starts the compiled binary with its defaults. */
export async function startPosthorn(bench: Bench, options: PosthornOptions = {}): Promise<Posthorn> {
  const directory = options.directory ?? bench.directory("posthorn");
  const child = bench.adopt(
    Bun.spawn([bench.binary, "serve"], {
      cwd: directory,
      env: { ...SETTINGS, ...options.settings },
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  const log = new LogWatch(child.stdout);
  const { url } = await waitFor("Posthorn to listen", START_MAX_SECONDS, () => {
    if (child.exitCode !== null) throw new Error(`Posthorn ended with ${child.exitCode}:\n${log.end}`);
    return log.first("Posthorn is listening");
  });
  const api = caller(String(url));
  return {
    ...{
      name: "Posthorn",
      url: String(url),
      key: KEY,
      pid: child.pid,
      pids: [child.pid],
      directory,
      api,
    },
    logged: (message) => log.first(message),
    subscribe: async (webhooks) => {
      const made: string[] = [];
      for (const webhook of webhooks)
        made.push(idOf(await api("POST", "/api/webhooks", { ...webhook, secret: SECRET })));
      return made;
    },
    async stop() {
      child.kill("SIGTERM");
      await waitFor("Posthorn to stop", STOP_MAX_SECONDS, () => child.exitCode);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

const SETTINGS = {
  POSTHORN_PORT: "0",
  POSTHORN_ADMIN_KEY: KEY,
  POSTHORN_ALLOW_PRIVATE_CIDRS: "127.0.0.0/8",
  POSTHORN_MAX_WEBHOOKS: "1000000",
};

function caller(url: string): Posthorn["api"] {
  return async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const answer: unknown = await response.json();
    return typeof answer === "object" && answer !== null && "data" in answer ? answer.data : null;
  };
}

function idOf(data: unknown): string {
  if (typeof data === "object" && data !== null && "id" in data) return String(data.id);
  throw new Error("a webhook without an id");
}
