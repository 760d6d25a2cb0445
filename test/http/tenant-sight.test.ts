import { expect, test } from "bun:test";
import { createResolver } from "../../src/real/resolver.ts";
import { createCertificate } from "../support/certificate.ts";
import { type DnsQuestion, type DnsRecords, startDnsServer } from "../support/dns-server.ts";
import { freePort } from "../support/free-port.ts";
import { type RunningService, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

/** Addresses that stand in no other text; what the names below resolve to. */
const REACHED = "127.66.55.44";
const INSIDE = "127.99.88.77";
const FAR_INSIDE = "10.99.88.77";
const INSIDE_ANSWER = "only a neighbour of Posthorn may read this";

/** What belongs to the machinery: addresses, system calls, libraries, files, stacks, settings. */
const INTERNAL =
  /127\.66|127\.99|10\.99|\bE[A-Z]{5,}\b|errno|syscall|getaddrinfo|c-ares|boringssl|node:|bun:|\.ts\b|\bat <|Error:|undefined|\[object|POSTHORN_|\/tmp\//;

/** One name is public when its webhook is saved, and inside from the next look-up on. */
function zone({ name, number }: DnsQuestion): DnsRecords | undefined {
  if (name === "turning.test") return { A: [number === 1 ? REACHED : INSIDE], AAAA: "nxdomain", ttlSeconds: 0 };
  if (name === "inside.test") return { A: [FAR_INSIDE] };
  if (name === "mixed.test") return { A: [REACHED, FAR_INSIDE] };
  return name === "reached.test" ? { A: [REACHED] } : undefined;
}

/** Somebody at the reached address who says this to whoever comes; null: nothing, ever. */
function listen(says: string | null) {
  const open = (socket: { end(text: string): unknown }) => void (says === null || socket.end(says));
  return Bun.listen({ hostname: REACHED, port: 0, socket: { open, data: () => {} } });
}

interface Tenant {
  /** Calls the API with a key that may manage this tenant's webhooks; whatever it answers is searched. */
  call<Data = unknown>(method: string, path: string, body?: unknown): Promise<Answer<Data>>;
}

interface Answer<Data> {
  readonly status: number;
  readonly data: Data;
  readonly error?: { readonly code: string; readonly details?: readonly { readonly rule?: string }[] };
}

async function tenantOf({ url, api }: RunningService): Promise<Tenant> {
  const made = await api<{ token: string }>("POST", "/api/keys", { name: "acme", scope: "manage", tenant: "acme" });
  const headers = { Authorization: `Bearer ${made.body.data.token}`, "Content-Type": "application/json" };
  return {
    async call<Data>(method: string, path: string, body?: unknown) {
      const asked = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
      const response = await fetch(url.replace(/\/$/, "") + path, asked);
      const text = await response.text();
      expect(`${path} ${text} ${JSON.stringify([...response.headers])}`).not.toMatch(INTERNAL);
      expect(text).not.toContain(INSIDE_ANSWER);
      // The type that the test asks for is a claim about the API, which the test then checks.
      return { status: response.status, ...(JSON.parse(text) as Omit<Answer<Data>, "status">) };
    },
  };
}

interface Entry {
  readonly id: string;
  readonly status: string;
  readonly error: string | null;
}

/** Every answer that tells of a webhook, its deliveries and its events. @returns what the deliveries failed with */
async function lookAt({ call }: Tenant, webhook: string): Promise<readonly (string | null)[]> {
  for (const path of ["/api/webhooks", webhook, `${webhook}/secret`, "/api/audit", "/health", "/metrics", "/readyz"]) {
    await call("GET", path);
  }
  for (const { id } of (await call<readonly { id: string }[]>("GET", "/api/events")).data) {
    await call("GET", `/api/events/${id}`);
  }
  const entries = (await call<readonly Entry[]>("GET", `${webhook}/logs`)).data;
  for (const { id } of entries) {
    expect((await call("GET", `${webhook}/logs/${id}`)).status).toBe(200);
    await call("POST", `${webhook}/logs/${id}/resend`);
  }
  return entries.map(({ error }) => error);
}

test.skipIf(process.platform !== "linux")(
  "a tenant sees no resolved address, no answer of a refused host and no text of the machinery (needs all of 127/8)",
  async () => {
    await using server = await startDnsServer(zone);
    const resolver = createResolver({ servers: [server.address], hostsFile: "/nonexistent/hosts" });
    const settings = { POSTHORN_ALLOW_PRIVATE_CIDRS: `${REACHED}/32`, POSTHORN_RETRY_SCHEDULE: "none" };
    await using service = await startService(settings, { resolver });
    const tenant = await tenantOf(service);
    const create = (url: string) =>
      tenant.call<{ id: string }>("POST", "/api/webhooks", { url, events: ["*"], timeout: "1s" });

    using garbage = listen("220 mail.example ESMTP\r\n");
    using closing = listen("");
    using silent = listen(null);
    const { key, certificate } = createCertificate(["elsewhere.test"]);
    const fetched: string[] = [];
    const fetch = (request: Request) => {
      fetched.push(request.url);
      return new Response(INSIDE_ANSWER, { status: 500 });
    };
    await using secure = Bun.serve({ hostname: REACHED, port: 0, tls: { key, cert: certificate }, fetch });
    await using inside = Bun.serve({ hostname: INSIDE, port: 0, fetch });

    for (const url of ["http://inside.test/", "http://mixed.test/", `http://${INSIDE.replace(/^127/, "0x7f")}/`]) {
      const { status, error } = await create(url);
      expect([url, status, error?.code]).toEqual([url, 422, "url_blocked"]);
    }

    const failing = [
      ...[`http://reached.test:${await freePort()}/`, `http://reached.test:${garbage.port}/`],
      ...[`http://reached.test:${closing.port}/`, `http://reached.test:${silent.port}/`],
      ...[`https://reached.test:${garbage.port}/`, `https://reached.test:${secure.port}/`, "http://absent.test/"],
    ];
    const webhooks: string[] = [];
    for (const url of [...failing, `http://turning.test:${inside.port}/`]) {
      const { status, data } = await create(url);
      expect([url, status]).toEqual([url, 201]);
      webhooks.push(`/api/webhooks/${data.id}`);
    }
    const [first = ""] = webhooks;
    for (const url of ["http://inside.test/", "http://mixed.test/"]) {
      expect((await tenant.call("PUT", first, { url })).error?.code).toBe("url_blocked");
    }
    const turning = webhooks.at(-1) ?? "";
    await until("the name has turned", async () => {
      const { error } = (await tenant.call<Entry>("POST", `${turning}/test`)).data;
      return error?.startsWith("URL blocked: loopback") ?? false;
    });
    await post(service);
    for (const webhook of webhooks) expect((await tenant.call("POST", `${webhook}/test`)).status).toBe(200);
    for (const webhook of webhooks) {
      await until("its deliveries are done", async () => {
        const { data } = await tenant.call<readonly Entry[]>("GET", `${webhook}/logs`);
        return data.every(({ status }) => status === "failed");
      });
      const errors = await lookAt(tenant, webhook);
      expect(errors.length).toBeGreaterThan(1);
      for (const error of errors) expect(error).toMatch(/^[A-Z][^:]+: [^\n]+$/);
    }
    expect(fetched).toEqual([]);
  },
  30_000,
);

/** An event of the tenant's own, by its app. */
async function post({ url, api }: RunningService): Promise<void> {
  const made = await api<{ token: string }>("POST", "/api/keys", { name: "app", scope: "publish", tenant: "acme" });
  const { status } = await fetch(new URL("/api/events", url), {
    method: "POST",
    headers: { Authorization: `Bearer ${made.body.data.token}`, "Content-Type": "application/json" },
    body: '{"type":"resume.created","data":{}}',
  });
  expect(status).toBe(202);
}
