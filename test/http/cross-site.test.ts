import { expect, test } from "bun:test";
import { ACCESS_RULES } from "../support/access-rules.ts";
import { AccessScene, OWNERS } from "../support/access-scene.ts";
import { ADMIN_KEY } from "../support/http-app.ts";

const LISTED = "https://app.example.com";
const PUBLIC = "https://hooks.example.com";

/** Origins that a browser may tell, or a stranger make up, and whether their pages may write with the cookie. */
const ORIGINS: readonly (readonly [string, boolean])[] = [
  ["http://localhost", true],
  ["https://localhost", true],
  [LISTED, true],
  [PUBLIC, true],
  ["http://localhost:3000", false],
  ["http://localhost.evil.example", false],
  ["https://evil.example", false],
  ["http://app.example.com", false],
  [`${LISTED}:8443`, false],
  [`${LISTED}.evil.example`, false],
  [`https://evil.example/${LISTED}`, false],
  ["https://app.example.com@evil.example", false],
  [`${LISTED}, https://evil.example`, false],
  ["null", false],
  ["file://", false],
  ["localhost", false],
  ["", false],
];
const SITES: readonly (readonly [string | null, boolean])[] = [
  [null, false],
  ["same-origin", true],
  ["none", true],
  ["same-site", false],
  ["cross-site", false],
  ["same-origin, cross-site", false],
  ["SAME-ORIGIN", false],
];

/** An origin decides; without one, what the browser says of the site. */
const CASES = [
  ...ORIGINS.flatMap(([origin, allowed]) => SITES.map(([site]) => ({ origin, site, allowed }))),
  ...SITES.map(([site, allowed]) => ({ origin: null, site, allowed })),
];

function headersOf(Cookie: string, origin: string | null, site: string | null) {
  return {
    Cookie,
    ...(origin !== null && { Origin: origin }),
    ...(site !== null && { "Sec-Fetch-Site": site }),
  };
}

const WRITING = Object.entries(ACCESS_RULES).filter(([route]) => !route.startsWith("GET"));

test.each(WRITING)("%s: with the cookie, only from a page of ours or of a listed origin", async (route, { status }) => {
  await using scene = await AccessScene.open({ settings: { corsOrigins: [LISTED], publicUrl: new URL(PUBLIC) } });
  const all = () => Promise.all(OWNERS.map((owner) => scene.all(owner)));
  let { Cookie } = (await scene.session(ADMIN_KEY)).headers;
  for (const allowed of [false, true]) {
    const before = await all();
    for (const { origin, site } of CASES.filter((each) => each.allowed === allowed)) {
      const headers = headersOf(Cookie, origin, site);
      const told = await scene.ask(route, { key: null, headers }, null, "default");
      const said = [origin, site, told.status, told.status === 403 ? told.at("error.code") : null];
      expect(said).toEqual(allowed ? [origin, site, status, null] : [origin, site, 403, "cross_site_request"]);
      if (allowed && route.startsWith("DELETE")) await scene.restore("default");
      if (allowed && route === "DELETE /api/session") Cookie = (await scene.session(ADMIN_KEY)).headers.Cookie;
    }
    if (!allowed) expect(await all()).toEqual(before);
  }
});

const READING = Object.entries(ACCESS_RULES).filter(([route]) => route.startsWith("GET"));

test.each(READING)(
  "%s: reading with the cookie changes nothing, so it is answered whoever asks",
  async (route, { status }) => {
    await using scene = await AccessScene.open();
    const { Cookie } = (await scene.session(ADMIN_KEY)).headers;
    for (const { origin, site } of CASES) {
      const headers = headersOf(Cookie, origin, site);
      const told = await scene.ask(route, { key: null, headers }, null, "default");
      expect([origin, site, told.status]).toEqual([origin, site, status]);
    }
  },
);

test("the public URL's page is ours only where it is set", async () => {
  await using scene = await AccessScene.open();
  const { Cookie } = (await scene.session(ADMIN_KEY)).headers;
  const told = await scene.ask("POST /api/keys", { key: null, headers: { Cookie, Origin: PUBLIC } }, null, "default");
  expect(told.status).toBe(403);
});

test.each(WRITING)(
  "%s: a key is never sent by a browser itself, so it does not matter which page sends it",
  async (route, { status }) => {
    await using scene = await AccessScene.open();
    const { Cookie } = (await scene.session(ADMIN_KEY)).headers;
    const headers = { Cookie, Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" };
    const told = await scene.ask(route, { headers }, null, "default");
    expect(told.status).toBe(status);
  },
);
