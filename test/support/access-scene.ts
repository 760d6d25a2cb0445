import { newToken } from "../../src/domain/token.ts";
import type { Scope } from "../../src/store/contract.ts";
import { FAILED_ATTEMPT, refusedTests, settle } from "../http/settled.ts";
import type { Holder, Row } from "./access-rules.ts";
import { ADMIN_KEY, type Asked, type HttpApp, type HttpAppOptions, startHttpApp, type Told } from "./http-app.ts";

/** Whose rows there are: `acme`, whom the keys of one tenant belong to, a stranger, and whom a key of all tenants means. */
export const OWNERS = ["acme", "other", "default"] as const;
export type Owner = (typeof OWNERS)[number];

const SCOPES: readonly Scope[] = ["read", "manage", "publish", "admin"];
const SOON_MS = 60_000;
/** So that the examples' span of time has passed. */
const LATER_MS = 3_600_000;
const OWN_PAGE = { Origin: "http://localhost" };

/** What a request bears as its credential. */
type Credential = Pick<Asked, "key" | "headers">;

/** An API with one row of everything for each owner, and everybody who may knock at its door. */
export class AccessScene implements AsyncDisposable {
  readonly #app: HttpApp;
  readonly #bodies: Readonly<Record<string, unknown>>;
  readonly #rows = new Map<string, Readonly<Record<Row, string>>>();
  #requests = 0;

  private constructor(app: HttpApp, bodies: Readonly<Record<string, unknown>>) {
    this.#app = app;
    this.#bodies = bodies;
  }

  static async open(options: HttpAppOptions = {}): Promise<AccessScene> {
    const app = await startHttpApp({ sendTest: refusedTests([]), ...options });
    const scene = new AccessScene(app, await exampleBodies(app));
    for (const owner of OWNERS) await scene.restore(owner);
    await app.world.clock.advance(LATER_MS);
    return scene;
  }

  /** Everybody with a valid key or session. */
  async holders(): Promise<readonly (Holder & { readonly credential: Credential })[]> {
    const holders = [];
    for (const scope of SCOPES) {
      for (const tenant of [null, "acme"]) {
        const key = await this.#app.key(scope, tenant);
        holders.push({ scope, tenant, via: "key" as const, credential: { key } });
        holders.push({ scope, tenant, via: "session" as const, credential: await this.session(key) });
      }
    }
    return holders;
  }

  /** Everybody who has nothing that is valid: what they bear, and the code that they are told. */
  async strangers(): Promise<readonly (readonly [string, Credential, string])[]> {
    const { clock, random } = this.#app.world;
    const deleted = await this.#made("admin");
    const deletedSession = await this.session(deleted.token);
    const expired = await this.#app.key("admin", null, clock.wall() + SOON_MS);
    const expiredSession = await this.session(expired);
    const closedSession = await this.session(await this.#app.key("admin"));
    await this.#app.call("DELETE", `/api/keys/${deleted.id}`);
    await this.#app.call("DELETE", "/api/session", { key: null, headers: closedSession.headers });
    await clock.advance(SOON_MS);
    const cookie = (token: string) => ({ key: null, headers: { ...OWN_PAGE, Cookie: `posthorn_session=${token}` } });
    return [
      ["no key", { key: null }, "missing_key"],
      ["another scheme", { key: null, headers: { Authorization: `Basic ${btoa(`x:${ADMIN_KEY}`)}` } }, "missing_key"],
      ["an unknown key", { key: newToken(random.bytes(32)) }, "invalid_key"],
      ["a key that is cut", { key: expired.slice(0, -1) }, "invalid_key"],
      ["a deleted key", { key: deleted.token }, "invalid_key"],
      ["an expired key", { key: expired }, "expired_key"],
      ["a webhook's own secret", { key: await this.#secret() }, "webhook_secret_as_key"],
      ["a webhook's id", { key: this.id("acme", "webhook") }, "invalid_key"],
      ["a session of a deleted key", deletedSession, "invalid_session"],
      ["a session of an expired key", expiredSession, "invalid_session"],
      ["a session that was closed", closedSession, "invalid_session"],
      [
        "an unknown session",
        cookie(random.bytes(32).toBase64({ alphabet: "base64url", omitPadding: true })),
        "invalid_session",
      ],
      ["a key in the place of a session", cookie(ADMIN_KEY), "invalid_session"],
    ];
  }

  /** A cookie, from a page of the API's own. */
  async session(key: string): Promise<Credential & { readonly headers: { readonly Cookie: string } }> {
    const told = await this.#app.call("POST", "/api/session", { key: null, body: { key } });
    const [Cookie = ""] = (told.headers.get("set-cookie") ?? "").split(";");
    return { key: null, headers: { ...OWN_PAGE, Cookie } };
  }

  /** @param route as the document writes it; the places of its path name what belongs to `owner` */
  ask(route: string, { key, headers }: Credential, named: string | null, owner: Owner): Promise<Told> {
    const [method = "", path = ""] = route.split(" ");
    this.#requests += 1;
    return this.#app.call(method, this.#placesFilled(path, owner), {
      ...(this.#bodies[route] !== undefined && { body: this.#bodies[route] }),
      ...(key !== undefined && { key }),
      headers: { ...headers, ...(named !== null && { "X-Tenant": named }) },
      // Another address each time: nobody is slowed down for the wrong keys of others.
      from: `10.0.${this.#requests >> 8}.${this.#requests & 255}`,
    });
  }

  /** Makes anew what a request has deleted. */
  async restore(owner: Owner): Promise<void> {
    const headers = { "X-Tenant": owner };
    const hook = { url: "https://example.com/hook", events: ["resume.created"] };
    const webhook = await this.#app.call("POST", "/api/webhooks", { headers, body: hook });
    const event = `event-${this.#app.woken.length}-of-${owner}`;
    const body = { type: "resume.created", data: {}, id: event };
    const woken = this.#app.woken.length;
    await this.#app.call("POST", "/api/events", { headers, body });
    await settle(this.#app, woken, { to: "failed", because: "exhausted" }, FAILED_ATTEMPT);
    const logs = await this.#app.call("GET", `/api/webhooks/${webhook.textAt("data.id")}/logs`, { headers });
    const { id: key } = await this.#made("read", owner);
    const ids = { webhook: webhook.textAt("data.id"), delivery: logs.textAt("data.0.id"), event, key };
    this.#rows.set(owner, ids);
  }

  id(owner: Owner, row: Row): string {
    return this.#rows.get(owner)?.[row] ?? "";
  }

  /** Everything that the API tells of an owner, as one text. */
  async all(owner: Owner): Promise<string> {
    const webhook = `/api/webhooks/${this.id(owner, "webhook")}`;
    const paths = [
      ...["/api/webhooks?limit=200", "/api/events?limit=200", "/api/keys?limit=200", webhook, `${webhook}/secret`],
      ...[`${webhook}/logs?limit=200`, `${webhook}/logs/${this.id(owner, "delivery")}`],
      `/api/events/${this.id(owner, "event")}`,
    ];
    const told = await Promise.all(
      paths.map((path) => this.#app.call("GET", path, { headers: { "X-Tenant": owner } })),
    );
    for (const { status, text } of told) if (status !== 200) throw new Error(`${owner}: ${status} ${text}`);
    return told.map(({ text }) => text).join("\n");
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#app[Symbol.asyncDispose]();
  }

  #placesFilled(path: string, owner: Owner): string {
    const kind = (/^\/api\/(webhook|event|key)s\/\{id\}/.exec(path)?.[1] ?? "webhook") as Row;
    return path
      .replace("{id}", this.id(owner, kind))
      .replace("{delivery_id}", this.id(owner, "delivery"))
      .replace("{asset}", "start.js");
  }

  async #made(scope: Scope, tenant: string | null = null): Promise<{ readonly id: string; readonly token: string }> {
    const told = await this.#app.call("POST", "/api/keys", { body: { name: "A", scope, tenant } });
    return { id: told.textAt("data.id"), token: told.textAt("data.token") };
  }

  async #secret(): Promise<string> {
    const headers = { "X-Tenant": "acme" };
    return (await this.#app.call("GET", `/api/webhooks/${this.id("acme", "webhook")}/secret`, { headers })).textAt(
      "data.secret",
    );
  }
}

/** The first example of each operation that takes a body, as the document gives it. */
async function exampleBodies(app: HttpApp): Promise<Readonly<Record<string, unknown>>> {
  const document = JSON.parse((await app.call("GET", "/swagger/json", { key: null })).text);
  const bodies: Record<string, unknown> = {};
  for (const route of routesOf(document)) {
    const [method = "", path = ""] = route.split(" ");
    const examples = document.paths[path][method.toLowerCase()].requestBody?.content["application/json"].examples;
    const [first] = Object.values<{ readonly value: unknown }>(examples ?? {});
    if (first !== undefined) bodies[route] = first.value;
  }
  return { ...bodies, "POST /api/session": { key: ADMIN_KEY } };
}

/** Every operation of an OpenAPI document, such as `GET /api/webhooks/{id}`. */
export function routesOf(document: { readonly paths: Readonly<Record<string, object>> }): readonly string[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
}
