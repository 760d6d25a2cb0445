import { describe, expect, test } from "bun:test";
import { apiRoutes } from "../../src/http/routes.ts";
import { type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";

const CAREFUL = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};
const ORIGIN = "https://app.example.com";

/** What a careful browser must be told with every answer. */
function expectCareful({ headers, text }: Told): void {
  for (const [name, value] of Object.entries(CAREFUL)) expect([name, headers.get(name)]).toEqual([name, value]);
  const policy = policyOf(headers);
  expect(policy.get("default-src")).toBe("'none'");
  for (const rule of ["base-uri", "form-action", "frame-ancestors"]) expect(policy.get(rule)).toBe("'none'");
  expect([...policy.values()].join(" ")).not.toMatch(/unsafe|\*|https?:/);
  expect(headers.get("vary")).toBe("Origin");
  expect(headers.get("x-request-id")).toStartWith("req_");
  // An answer that has no body names no type, and everything else is what it says that it is.
  expect(headers.has("content-type")).toBe(text !== "");
}

function policyOf(headers: Headers): ReadonlyMap<string, string> {
  const rules = (headers.get("content-security-policy") ?? "").split("; ");
  return new Map(rules.map((rule) => [rule.split(" ")[0] ?? "", rule.split(" ").slice(1).join(" ")]));
}

async function withApp<Result>(use: (app: HttpApp) => Promise<Result>): Promise<Result> {
  await using app = await startHttpApp();
  return use(app);
}

const routes = await withApp(async (app) => apiRoutes(app.parts));
/** What a browser may keep: of the documentation, which holds nothing of anybody's. */
const KEPT: Readonly<Record<string, string>> = {
  "/swagger": "no-cache",
  "/swagger/json": "no-cache",
  "/swagger/:asset": "max-age=3600",
};

describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", (_, route) => {
  const bodies = [undefined, ...Object.values(route.document.bodies ?? {})];

  test("its answers bear what a careful browser needs, whether they are a yes or a no", async () => {
    await using app = await startHttpApp();
    const path = route.path.replace(":asset", "start.js");
    for (const key of [undefined, null, "posthorn_wrong"]) {
      for (const body of bodies) {
        const told = await app.call(route.method, path, {
          ...{ body, headers: { Origin: ORIGIN } },
          ...(key !== undefined && { key }),
        });
        expectCareful(told);
        // A page of a listed origin reads them nevertheless.
        expect(told.headers.get("access-control-allow-origin")).toBe(ORIGIN);
        const kept = told.status === 200 ? KEPT[route.path] : undefined;
        expect(told.headers.get("cache-control")).toBe(kept ?? "no-store");
      }
    }
  });
});

test.each([
  ["a path that is none", "GET", "/api/nothing"],
  ["a method that a path does not have", "PATCH", "/api/events"],
  ["a preflight", "OPTIONS", "/api/events"],
  ["a file that there is not", "GET", "/swagger/nothing.js"],
])("%s is answered as carefully", async (_, method, path) => {
  await using app = await startHttpApp();
  expectCareful(await app.call(method, path));
});

test("so is a fault", async () => {
  await using app = await startHttpApp({
    wrap: (store) => ({ ...store, listKeys: () => Promise.reject(new Error()) }),
  });
  const told = await app.call("GET", "/api/keys");
  expect(told.status).toBe(500);
  expectCareful(told);
});

test("only the page of the documentation may load anything, and that from here alone", async () => {
  await using app = await startHttpApp();
  const { headers } = await app.call("GET", "/swagger", { key: null });
  const sources = Object.fromEntries([...policyOf(headers)].filter(([, source]) => source !== "'none'"));
  expect(sources).toEqual({
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
  });
});

test.each([
  ["https://hooks.example.com", "max-age=31536000"],
  ["http://hooks.example.com", null],
  [null, null],
])("with the public URL %s browsers are told of TLS: %s", async (publicUrl, told) => {
  await using app = await startHttpApp({ settings: { publicUrl: publicUrl === null ? null : new URL(publicUrl) } });
  const key = null;
  const answers = [
    ...[await app.call("GET", "/livez"), await app.call("GET", "/livez"), await app.call("GET", "/swagger", { key })],
    ...[await app.call("GET", "/api/keys", { key }), await app.call("OPTIONS", "/api/events")],
  ];
  expect(answers.map(({ headers }) => headers.get("strict-transport-security"))).toEqual(answers.map(() => told));
  expect(new Set(answers.map(({ headers }) => headers.get("x-request-id"))).size).toBe(answers.length);
  for (const answer of answers) expectCareful(answer);
});
