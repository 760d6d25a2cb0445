import { expect, test } from "bun:test";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";
import { answersOf, SSRF_CASES, type SsrfCase } from "../support/ssrf-cases.ts";

/** What only turns inwards later passes when it is saved, and is caught when it is sent. */
const AT_SAVING = SSRF_CASES.filter((each) => each.redirect === undefined && answersOf(each).length === 1);
const REFUSED = AT_SAVING.filter((each) => each.expect === "refuse");
const ALLOWED = AT_SAVING.filter((each) => each.expect === "allow");

async function appFor(each: SsrfCase): Promise<HttpApp> {
  const app = await startHttpApp();
  const [addresses] = answersOf(each);
  if (addresses) app.world.resolver.set(new URL(each.url).hostname, addresses);
  return app;
}

test("the corpus has both kinds", () => {
  expect(REFUSED.length).toBeGreaterThan(100);
  expect(ALLOWED.length).toBeGreaterThan(10);
});

test.each(REFUSED.map((each) => [each.url, each] as const))(
  "%s is refused at create and at update",
  async (url, each) => {
    await using app = await appFor(each);
    const events = ["*"];
    const created = await app.call("POST", "/api/webhooks", { body: { url, events } });
    expect([created.status, created.at("error.code")]).toEqual([422, "url_blocked"]);
    const good = await app.call("POST", "/api/webhooks", { body: { url: "https://yourapp.com/hook", events } });
    const path = `/api/webhooks/${good.textAt("data.id")}`;
    const updated = await app.call("PUT", path, { body: { url } });
    expect([updated.status, updated.at("error.code")]).toEqual([422, "url_blocked"]);
    expect((await app.call("GET", path)).at("data.url")).toBe("https://yourapp.com/hook");
  },
);

test.each(ALLOWED.map((each) => [each.url, each] as const))(
  "%s is accepted, and echoed to the byte",
  async (url, each) => {
    await using app = await appFor(each);
    const created = await app.call("POST", "/api/webhooks", { body: { url, events: ["*"] } });
    expect([created.status, created.at("data.url")]).toEqual([201, url]);
  },
);
