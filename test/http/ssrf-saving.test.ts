import { expect, test } from "bun:test";
import { DNS_TTL_MAX_MS } from "../../src/limits.ts";
import { type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";
import { answersOf, isHarmlessTarget, RULES, SSRF_CASES, type SsrfCase } from "../support/ssrf-cases.ts";

const HARMLESS = SSRF_CASES.filter((each) => each.expect === "allow" || isHarmlessTarget(each));
/** They turn inwards later: what is saved while they are public is caught when it is sent. */
const TURNING = SSRF_CASES.filter((each) => !HARMLESS.includes(each) && answersOf(each).length > 1);
const REFUSED = SSRF_CASES.filter((each) => !HARMLESS.includes(each) && !TURNING.includes(each));

const events = ["*"];

function resolveAsIn({ world }: HttpApp, each: SsrfCase, turn = 0): void {
  const addresses = answersOf(each)[turn];
  if (addresses) world.resolver.set(new URL(each.url).hostname, addresses);
}

function expectRefused(told: Told, { class: kind }: SsrfCase): void {
  expect([told.status, told.at("error.code")]).toEqual([422, "url_blocked"]);
  expect(RULES[kind]?.map(String)).toContain(told.textAt("error.details.0.rule"));
  expect(told.at("error.details.0.path")).toBe("/url");
}

test("every case of the corpus is saved here", () => {
  expect([REFUSED.length, TURNING.length, HARMLESS.length]).toEqual([185, 2, 38]);
});

test.each(REFUSED.map((each) => [JSON.stringify(each.url), each] as const))(
  "%s is refused at create and at update, by its rule",
  async (_, each) => {
    const { url } = each;
    await using app = await startHttpApp();
    resolveAsIn(app, each);
    expectRefused(await app.call("POST", "/api/webhooks", { body: { url, events } }), each);
    const good = await app.call("POST", "/api/webhooks", { body: { url: "https://yourapp.com/hook", events } });
    const path = `/api/webhooks/${good.textAt("data.id")}`;
    expectRefused(await app.call("PUT", path, { body: { url } }), each);
    expect((await app.call("GET", "/api/webhooks")).at("data")).toMatchObject([{ url: "https://yourapp.com/hook" }]);
  },
);

test.each(TURNING.map((each) => [JSON.stringify(each.url), each] as const))(
  "%s is saved while its name is public, and refused at create and at update when it has turned inwards",
  async (_, each) => {
    const { url } = each;
    await using app = await startHttpApp();
    resolveAsIn(app, each, 0);
    expect((await app.call("POST", "/api/webhooks", { body: { url, events } })).status).toBe(201);
    resolveAsIn(app, each, 1);
    await app.world.clock.advance(DNS_TTL_MAX_MS);
    expectRefused(await app.call("POST", "/api/webhooks", { body: { url, events } }), each);
    const other = await app.call("POST", "/api/webhooks", { body: { url: "https://yourapp.com/hook", events } });
    expectRefused(await app.call("PUT", `/api/webhooks/${other.textAt("data.id")}`, { body: { url } }), each);
  },
);

test.each(HARMLESS.map((each) => [JSON.stringify(each.url), each] as const))(
  "%s is accepted, and echoed to the byte",
  async (_, each) => {
    const { url } = each;
    await using app = await startHttpApp();
    resolveAsIn(app, each);
    const created = await app.call("POST", "/api/webhooks", { body: { url, events } });
    expect([created.status, created.at("data.url")]).toEqual([201, url]);
  },
);
