import { expect, test } from "bun:test";
import SwaggerParser from "@apidevtools/swagger-parser";
import { Validator } from "@seriousme/openapi-schema-validator";
import { FormatRegistry } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { POSTHORN } from "../../src/domain/audit.ts";
import { newId } from "../../src/domain/ids.ts";
import { PROBLEM_CODES } from "../../src/domain/problem-codes.ts";
import { hashToken } from "../../src/domain/token.ts";
import { parseInstant } from "../../src/http/instant.ts";
import { responses } from "../../src/http/openapi-responses.ts";
import type { Route } from "../../src/http/route.ts";
import { apiRoutes } from "../../src/http/routes.ts";
import { type Store, StoreError } from "../../src/store/contract.ts";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";
import { FAILED_ATTEMPT, refusedTests, settle } from "./settled.ts";

FormatRegistry.Set("date-time", (text) => parseInstant(text) !== null);
FormatRegistry.Set("binary", () => true);

async function withApp<Result>(use: (app: HttpApp) => Promise<Result>): Promise<Result> {
  await using app = await startHttpApp();
  return use(app);
}

const routes = await withApp(async (app) => apiRoutes(app.parts));
const named = routes.map((route) => [`${route.method} ${route.path}`, route] as const);

function documentOf(): Promise<ReturnType<typeof JSON.parse>> {
  return withApp(async (app) => JSON.parse((await app.call("GET", "/swagger/json", { key: null })).text));
}

test("the document is valid OpenAPI 3, says one validator", async () => {
  const result = await new Validator().validate(await documentOf());
  expect(result.errors).toBeUndefined();
  expect(result.valid).toBe(true);
});

test("the document is valid OpenAPI 3, says another", async () => {
  const parsed = await SwaggerParser.validate(await documentOf());
  expect(parsed).toMatchObject({ openapi: "3.0.3", info: { title: "Posthorn", version: "1.2.3" } });
});

test("every route is in it, with words for each of its parts", async () => {
  const { paths } = await documentOf();
  for (const { method, path, document } of routes) {
    const operation = paths[path.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
    expect([path, operation?.summary]).toEqual([path, document.summary]);
    for (const parameter of operation.parameters)
      expect([path, parameter.name, parameter.description]).not.toContain(undefined);
    expect(Object.keys(operation.responses)).toContain(String(document.answer.status));
    expect(Object.keys(operation.responses)).toContain("500");
  }
});

test("every field in it is described", async () => {
  const silent: string[] = [];
  const visit = (value: unknown, where: string): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "example" || key === "examples") continue;
      if (key === "properties") {
        for (const [name, field] of Object.entries(inner)) {
          const isSaid = Object(field).description !== undefined || Object(field).$ref !== undefined;
          if (!isSaid && !ENVELOPE.has(name)) silent.push(`${where}.${name}`);
        }
      }
      visit(inner, `${where}.${key}`);
    }
  };
  visit(await documentOf(), "");
  expect(silent).toEqual([]);
});

/** These are described once, at the top. */
const ENVELOPE = new Set(["success", "data", "page"]);

test("every problem has an example, and each that a route names is in it", async () => {
  const document = await documentOf();
  expect(Object.keys(document.components.examples).sort()).toEqual([...PROBLEM_CODES].sort());
  for (const code of PROBLEM_CODES) expect(document.components.examples[code].value.error.code).toBe(code);
  const text = JSON.stringify(document.paths);
  for (const code of PROBLEM_CODES.filter((one) => !OF_NO_ROUTE.includes(one))) {
    expect(text).toContain(`#/components/examples/${code}"`);
  }
});

test("every answer that passes says when to come back, and which routes have a bound", async () => {
  const { paths, components } = await documentOf();
  expect(components.headers.RetryAfter).toMatchObject({ description: expect.any(String) });
  for (const [path, item] of Object.entries<object>(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      for (const [status, { headers }] of Object.entries<{ readonly headers: object }>(operation.responses)) {
        const isPassing = status === "429" || status === "503";
        expect([path, method, status, "Retry-After" in headers]).toEqual([path, method, status, isPassing]);
      }
      const told = JSON.stringify(operation.responses["429"] ?? {});
      const isWatch = path === "/health" || path === "/metrics";
      const isOpen = operation.security.length === 0 && operation.operationId !== "openSession";
      expect([path, method, told.includes("too_many_wrong_keys")]).toEqual([path, method, !isOpen]);
      expect([path, method, told.includes("rate_limited")]).toEqual([path, method, !isOpen && !isWatch]);
    }
  }
});

const READING = [
  "listWebhooks",
  "findWebhook",
  "listEvents",
  "findEvent",
  "listLog",
  "findLog",
  "findLogEntry",
  "listKeys",
  "listAudit",
  "stats",
];
const CALLED = routes.filter(({ path }) => !path.startsWith("/swagger"));

test.each(CALLED.map((route) => [`${route.method} ${route.path}`, route] as const))(
  "%s names what is answered when the store is slow, full or held",
  async (_, route) => {
    for (const code of ["too_slow", "full", "busy"] as const) {
      let isTroubled = false;
      await using app = await startHttpApp({ wrap: (store) => troubled(store, code, () => isTroubled) });
      const path = await placesFilled(app, route);
      await app.world.clock.advance(3_600_000);
      isTroubled = true;
      const [body] = Object.values(route.document.bodies ?? {});
      const told = await app.call(route.method, path, { body });
      expect(Object.keys(responses(route, new Map()))).toContain(String(told.status));
      if (told.status < 400) continue;
      const failures = JSON.stringify(responses(route, new Map()));
      expect(failures).toContain(`#/components/examples/${told.textAt("error.code")}"`);
      if (told.status === 503) expect(told.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    }
  },
);

/** A store that reads too slowly, or cannot be written, from the moment on that the test says so. */
function troubled(store: Store, code: "too_slow" | "full" | "busy", isTroubled: () => boolean): Store {
  return new Proxy(store, {
    get: (target, verb: keyof Store) => {
      const isMeant = READING.includes(verb) === (code === "too_slow") && verb !== "findKey" && verb !== "findSession";
      return isMeant && isTroubled() ? () => Promise.reject(new StoreError(code, "trouble")) : target[verb];
    },
  });
}

/** A method that a path does not have belongs to no operation, and a head that is none to all of them. */
const OF_NO_ROUTE: readonly string[] = ["method_not_allowed", "several_hosts"];

test.each(named)("the examples of %s are what its schemas say", (_, { body, document }) => {
  const { answer } = document;
  const example: unknown = JSON.parse(JSON.stringify(answer.example));
  const rows: unknown = answer.kind === "page" ? example : [example];
  if (!Array.isArray(rows)) throw new Error("the example of a page is a list");
  for (const row of rows) expect([...TypeCompiler.Compile(answer.schema).Errors(row)]).toEqual([]);
  if (body === undefined) return;
  expect(Object.keys(document.bodies ?? {})).not.toBeEmpty();
  for (const value of Object.values(document.bodies ?? {})) {
    expect([...TypeCompiler.Compile(body.schema).Errors(value)]).toEqual([]);
  }
});

const POSTED = routes.flatMap((route) =>
  Object.entries(route.document.bodies ?? {}).map(
    ([summary, body]) => [`${route.method} ${route.path}`, summary, body, route] as const,
  ),
);

test.each(POSTED)(
  "%s: the example '%s' works as it stands, and is answered as documented",
  async (_, __, body, route) => {
    await using app = await startHttpApp({ sendTest: refusedTests([]) });
    const path = await placesFilled(app, route);
    await app.world.clock.advance(3_600_000);
    const { answer } = route.document;
    const told = await app.call(route.method, path, { body });
    expect([told.status, told.status === answer.status ? null : told.text]).toEqual([answer.status, null]);
    expect([...TypeCompiler.Compile(answer.schema).Errors(told.at("data"))]).toEqual([]);
  },
);

const READ = routes.filter(
  ({ method, path }) => method === "GET" && !path.startsWith("/swagger") && path !== "/metrics",
);

test.each(READ.map((route) => [route.path, route] as const))("GET %s is answered as documented", async (_, route) => {
  await using app = await startHttpApp();
  const path = await placesFilled(app, route);
  const { answer } = route.document;
  const told = await app.call("GET", path);
  expect(told.status).toBe(answer.status);
  const data = told.at("data");
  const rows: readonly unknown[] = Array.isArray(data) ? data : [data];
  expect(rows).not.toBeEmpty();
  for (const row of rows) expect([...TypeCompiler.Compile(answer.schema).Errors(row)]).toEqual([]);
});

/** The path of a route in an app where there is one of everything that a path can name. */
async function placesFilled(app: HttpApp, { path }: Route): Promise<string> {
  const hook = { url: "https://example.com/hook", events: ["*"] };
  const webhook = (await app.call("POST", "/api/webhooks", { body: hook })).textAt("data.id");
  await app.call("POST", "/api/events", { body: { type: "resume.created", id: "mine", data: {} } });
  await settle(app, 0, { to: "failed", because: "exhausted" }, FAILED_ATTEMPT);
  const delivery = (await app.call("GET", `/api/webhooks/${webhook}/logs`)).textAt("data.0.id");
  await knownKey(app);
  const id = path.startsWith("/api/events") ? "mine" : webhook;
  return path.replace(":id", id).replace(":delivery_id", delivery);
}

/** The key of the session's example. */
async function knownKey({ store, world }: HttpApp): Promise<void> {
  const createdAt = world.clock.wall();
  const id = newId("key", createdAt, world.random.bytes(10));
  const [example] = Object.values(routes.find(({ path }) => path === "/api/session")?.document.bodies ?? {});
  const hash = hashToken(Object(example).key);
  await store.createKey({ id, name: "A", scope: "admin", tenant: null, createdAt, expiresAt: null, hash }, POSTHORN);
}
