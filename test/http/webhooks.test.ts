import { expect, test } from "bun:test";
import { POSTHORN } from "../../src/domain/audit.ts";
import { type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";

const SPECIFIED = {
  url: "https://yourapp.com/webhooks/smartcv",
  events: ["resume.created", "resume.updated", "ai.analysis_completed"],
  secret: "your_webhook_secret",
  active: true,
};
const HOOK = { url: "https://example.com/hook", events: ["resume.created"] };

function create(app: HttpApp, fields: object = HOOK): Promise<Told> {
  return app.call("POST", "/api/webhooks", { body: fields });
}

async function created(app: HttpApp, fields: object = HOOK): Promise<string> {
  return `/api/webhooks/${(await create(app, { ...HOOK, ...fields })).textAt("data.id")}`;
}

test("the specification's own request is answered as it says", async () => {
  await using app = await startHttpApp();
  const told = await create(app, SPECIFIED);
  expect(told.status).toBe(201);
  expect(told.json).toEqual({
    success: true,
    data: {
      ...SPECIFIED,
      id: expect.stringMatching(/^webhook_[0-9a-z]{26}$/),
      ...{ description: null, retry_schedule: null, timeout: null, headers: {}, disabled_reason: null },
      ...{ createdAt: "2024-12-30T10:00:00.000Z", updatedAt: "2024-12-30T10:00:00.000Z" },
    },
  });
  expect(told.headers.get("location")).toBe(`/api/webhooks/${told.textAt("data.id")}`);
  expect(told.headers.get("cache-control")).toBe("no-store");
});

test("without a secret one is made: whsec_ and 32 random bytes", async () => {
  await using app = await startHttpApp();
  const [one, other] = [await create(app), await create(app)];
  expect(one.textAt("data.secret")).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(one.textAt("data.secret")).not.toBe(other.textAt("data.secret"));
});

test("only its own route shows the whole secret again, and nobody may keep that answer", async () => {
  await using app = await startHttpApp();
  const path = await created(app, {
    secret: "a secret of many characters",
    headers: { "X-Token": "0123456789abcdefg" },
  });
  for (const told of [await app.call("GET", path), await app.call("PUT", path, { body: { active: true } })]) {
    expect(told.at("data")).toMatchObject({ secret: "****ters", headers: { "X-Token": "****defg" } });
  }
  expect((await app.call("GET", "/api/webhooks")).textAt("data.0.secret")).toBe("****ters");
  const secret = await app.call("GET", `${path}/secret`);
  expect(secret.textAt("data.secret")).toBe("a secret of many characters");
  expect(secret.headers.get("cache-control")).toBe("no-store");
});

test("a url is kept and echoed to the byte", async () => {
  await using app = await startHttpApp();
  const url = "HTTPS://Example.COM:443/a/../b?x=%7e#frag";
  const path = await created(app, { url });
  expect((await app.call("GET", path)).textAt("data.url")).toBe(url);
});

test("settings of its own are kept as durations", async () => {
  await using app = await startHttpApp();
  const fields = {
    retry_schedule: ["100ms", "60s", "7d"],
    timeout: "60s",
    description: "Search ✓",
    headers: { "X-A": "b" },
  };
  const told = await create(app, { ...HOOK, ...fields });
  expect(told.at("data")).toMatchObject({
    retry_schedule: ["100ms", "1m", "7d"],
    timeout: "1m",
    description: "Search ✓",
  });
});

test.each(["x", "😀".repeat(256), "*****not-masked"])("the secret %p is one", async (secret) => {
  await using app = await startHttpApp();
  const told = await create(app, { ...HOOK, secret });
  expect([told.status, told.at("data.secret")]).toEqual([201, secret]);
});

/** One field, as it must not be. */
const REFUSED: readonly [field: string, message: RegExp, path: string, value: unknown][] = [
  ["url", /cannot be read/, "/url", ""],
  ["url", /cannot be read/, "/url", "/relative"],
  ["url", /http:\/\/ or https:\/\//, "/url", "ftp://example.com"],
  ["url", /2048 characters/, "/url", `https://example.com/${"x".repeat(2_048)}`],
  ["url", /user name or a password/, "/url", "https://user:pass@example.com"],
  ["events", /array of 1 to 100 items/, "/events", []],
  ["events", /^Must be an array of 1 to 100 items such as \["\*"\], not a string\.$/, "/events", "*"],
  ["events", /not one of 101/, "/events", Array.from({ length: 101 }, () => "*")],
  ["events", /Must be a string, not a number/, "/events/0", [1]],
  ["events", /Did you mean "resume.created"/, "/events/1", ["resume.created", "resume.cretaed"]],
  ["events", /Did you mean "user.\*"/, "/events/1", ["user.*", "users.*"]],
  ["events", /group such as/, "/events/0", ["re*"]],
  ["secret", /1 to 256 characters/, "/secret", ""],
  ["secret", /1 to 256 characters/, "/secret", "x".repeat(257)],
  ["secret", /control characters/, "/secret", "a\nb"],
  ["secret", /how a secret is shown/, "/secret", "****cret"],
  ["headers", /masked value/, "/headers/X-A", { "X-A": "****defg" }],
  ["secret", /half of a surrogate pair/, "/secret", "\ud800"],
  ["active", /true or false/, "/active", "true"],
  ["active", /true or false, not null/, "/active", null],
  ["description", /string of at most 500 characters or null/, "/description", "x".repeat(501)],
  ["retry_schedule", /at most 20 items/, "/retry_schedule", Array.from({ length: 21 }, () => "1s")],
  ["retry_schedule", /from 100ms to 7d/, "/retry_schedule/1", ["1s", "99ms"]],
  ["retry_schedule", /from 100ms to 7d/, "/retry_schedule/0", ["8d"]],
  [
    "retry_schedule",
    /^Must be a duration from 100ms to 7d such as "5s", not a number\.$/,
    "/retry_schedule/0",
    [5, 60],
  ],
  [
    "retry_schedule",
    /^Must be an array of at most 20 items such as \["5s","1m","10m"\] or null, not a string\.$/,
    "/retry_schedule",
    "5s",
  ],
  ["timeout", /from 1s to 1m/, "/timeout", "61s"],
  ["timeout", /from 1s to 1m/, "/timeout", "999ms"],
  ["timeout", /^Must be a duration from 1s to 1m such as "30s" or null, not a number\.$/, "/timeout", 30],
  ["headers", /reserved/, "/headers/Host", { Host: "x" }],
  ["headers", /reserved/, "/headers/x-smartcv-signature", { "x-smartcv-signature": "x" }],
  ["headers", /control characters/, "/headers/X-A", { "X-A": "a\r\nb" }],
  ["headers", /ASCII letters/, "/headers/a~1b", { "a/b": "c" }],
  ["headers", /Must be a string/, "/headers/a\nb", { "a\nb": 1 }],
  ["headers", /an object, not an array/, "/headers", [["a", "b"]]],
];

test.each(REFUSED)("%s is refused, by a create and by a change: %p", async (field, message, path, value) => {
  await using app = await startHttpApp();
  const stored = await created(app);
  const whole = await create(app, { ...HOOK, [field]: value });
  const change = await app.call("PUT", stored, { body: { [field]: value } });
  for (const told of [whole, change]) {
    expect(told.status).toBe(422);
    expect(told.at("error.details.0.path")).toBe(path);
    expect(told.textAt("error.details.0.message")).toMatch(message);
  }
  expect((await app.call("GET", stored)).at("data")).toMatchObject(HOOK);
});

test("a url that leads inside is a 422 with the rule, and only an admin learns the setting", async () => {
  await using app = await startHttpApp();
  const body = { ...HOOK, url: "http://app:3000/hook" };
  const admin = await app.call("POST", "/api/webhooks", { body });
  expect(admin.at("error")).toMatchObject({
    code: "url_blocked",
    details: [{ path: "/url", rule: "single_label", received: "http://app:3000/hook" }],
  });
  expect(admin.textAt("error.hint")).toBe(
    "If the receiver is meant to be there, restart Posthorn with POSTHORN_ALLOW_HOSTS=app and the range of its address in POSTHORN_ALLOW_PRIVATE_CIDRS (where one is set already, add to it).",
  );
  const manager = await app.call("POST", "/api/webhooks", { body, key: await app.key("manage") });
  expect(manager.at("error.code")).toBe("url_blocked");
  expect(manager.text).not.toContain("POSTHORN_");
});

test("a hint names all that has to be set, as it can be pasted", async () => {
  await using app = await startHttpApp();
  const hintFor = async (url: string) => (await create(app, { ...HOOK, url })).textAt("error.hint");
  expect(await hintFor("http://localhost:3000/hook")).toContain(
    "POSTHORN_ALLOW_HOSTS=localhost and POSTHORN_ALLOW_PRIVATE_CIDRS=127.0.0.0/8,::1/128 (",
  );
  expect(await hintFor("http://127.0.0.1:3000/hook")).toContain("POSTHORN_ALLOW_PRIVATE_CIDRS=127.0.0.1/32 (");
  const metadata = await hintFor("http://169.254.169.254/latest");
  expect(metadata).toStartWith("No receiver is meant to be there");
  expect(metadata).toContain("POSTHORN_ALLOW_PRIVATE_CIDRS=169.254.169.254/32 (");
});

test("a name that has no address yet is accepted, and one with a private address is not", async () => {
  await using app = await startHttpApp();
  app.world.resolver.set("later.example.com", "not_found");
  app.world.resolver.set("inside.example.com", ["10.0.0.7"]);
  const later = await create(app, { ...HOOK, url: "https://later.example.com" });
  expect(later.status).toBe(201);
  expect((await app.store.findWebhook("default", later.textAt("data.id")))?.urlPassed).toBe(false);
  const inside = await create(app, { ...HOOK, url: "https://inside.example.com" });
  expect(inside.at("error.details.0.rule")).toBe("private");
  expect(inside.text).not.toContain("10.0.0.7");
});

test("a change touches only the fields that are given", async () => {
  await using app = await startHttpApp();
  const path = await created(app, { description: "Before", retry_schedule: ["1s"], timeout: "5s" });
  const before = (await app.call("GET", path)).at("data");
  await app.world.clock.advance(1_000);
  const told = await app.call("PUT", path, { body: { events: ["*"], retry_schedule: null } });
  expect(told.json).toEqual({
    success: true,
    data: Object.assign({}, before, { events: ["*"], retry_schedule: null, updatedAt: "2024-12-30T10:00:01.000Z" }),
  });
  expect(app.wokenWebhooks).toBeArrayOfSize(1);
});

test("what was read may be written again without its secret", async () => {
  await using app = await startHttpApp();
  const path = await created(app, { headers: { "X-Token": "0123456789abcdefg", "X-Other": "short" } });
  const id = path.replace("/api/webhooks/", "");
  const { secret, ...rest } = Object((await app.call("GET", path)).at("data"));
  expect(secret).toStartWith("****");
  const told = await app.call("PUT", path, { body: { ...rest, description: "Changed" } });
  expect(told.status).toBe(200);
  expect((await app.store.findWebhook("default", id))?.headers).toEqual([
    ["X-Token", "0123456789abcdefg"],
    ["X-Other", "short"],
  ]);
});

/** An app in which a header gets another value just before a change is written, so many times. */
function overtaken(times: number): Promise<HttpApp> {
  return startHttpApp({
    wrap: (store) => {
      let left = times;
      const overtake = async (tenant: string, id: string, now: number) => {
        if (left-- <= 0) return;
        await store.updateWebhook(tenant, id, { headers: [["X-Token", `the new value, ${left}`]] }, now, POSTHORN);
      };
      return {
        ...store,
        updateWebhook: async (tenant, id, changes, now, by) => {
          await overtake(tenant, id, now);
          return store.updateWebhook(tenant, id, changes, now, by);
        },
      };
    },
  });
}

test("a mask stands for the value that is stored when the change is: one that came meanwhile stays", async () => {
  await using app = await overtaken(3);
  const path = await created(app, { headers: { "X-Token": "the old value" } });
  const body = { headers: { "X-Token": "****", "X-Other": "mine" }, description: "Changed" };
  expect((await app.call("PUT", path, { body })).at("data.description")).toBe("Changed");
  const stored = await app.store.findWebhook("default", path.replace("/api/webhooks/", ""));
  expect(stored?.headers).toEqual([
    ["X-Token", "the new value, 0"],
    ["X-Other", "mine"],
  ]);
});

test("who is overtaken again and again while headers are kept is told so, and nothing is changed", async () => {
  await using app = await overtaken(100);
  const path = await created(app, { headers: { "X-Token": "the old value" } });
  const told = await app.call("PUT", path, { body: { headers: { "X-Token": "****" }, description: "Changed" } });
  expect([told.status, told.at("error.code")]).toEqual([409, "changed_meanwhile"]);
  expect((await app.call("GET", path)).at("data.description")).toBeNull();
  expect((await app.call("PUT", path, { body: { headers: {} } })).status).toBe(200);
});

test("a mask under a name that has no value any more is a 422", async () => {
  await using app = await startHttpApp();
  const path = await created(app, { headers: { "X-Token": "the old value" } });
  await app.call("PUT", path, { body: { headers: { "X-Other": "b" } } });
  const told = await app.call("PUT", path, { body: { headers: { "X-Token": "****" } } });
  expect([told.status, told.at("error.details.0.path")]).toEqual([422, "/headers/X-Token"]);
});

test.each([
  ["the masked secret", "/secret", (view: object) => ({ secret: Object(view).secret })],
  ["another masked secret", "/secret", () => ({ secret: "****" })],
  ["another id", "/id", () => ({ id: "webhook_01jgb4rkz07wdbqzv3y2m6x8sc" })],
  ["another time of making", "/createdAt", () => ({ createdAt: "2020-01-01T00:00:00.000Z" })],
  ["another reason", "/disabled_reason", () => ({ disabled_reason: "gone" })],
] as const)("%s is a 422 at %s", async (_, path, change) => {
  await using app = await startHttpApp();
  const hook = await created(app);
  const told = await app.call("PUT", hook, { body: change(Object((await app.call("GET", hook)).at("data"))) });
  expect([told.status, told.at("error.details.0.path")]).toEqual([422, path]);
});

test("a webhook that was turned off by a 410 is on again when it is told so", async () => {
  await using app = await startHttpApp();
  const path = await created(app, { active: false });
  expect((await app.call("GET", path)).at("data.active")).toBe(false);
  const told = await app.call("PUT", path, { body: { active: true } });
  expect(told.at("data")).toMatchObject({ active: true, disabled_reason: null });
});

test("a deleted webhook is gone at once, its logs stay, and housekeeping is asked for", async () => {
  await using app = await startHttpApp();
  const path = await created(app);
  await app.call("POST", "/api/events", { body: { type: "resume.created", data: {} } });
  const told = await app.call("DELETE", path);
  expect([told.status, told.at("data")]).toEqual([200, { id: path.replace("/api/webhooks/", ""), deleted: true }]);
  for (const [method, rest] of [
    ["GET", ""],
    ["DELETE", ""],
    ["GET", "/secret"],
    ["POST", "/test"],
  ] as const) {
    expect((await app.call(method, path + rest)).status).toBe(404);
  }
  expect((await app.call("GET", "/api/webhooks")).at("data")).toEqual([]);
  expect((await app.call("GET", `${path}/logs`)).at("data")).toBeArrayOfSize(1);
  expect(app.tidied()).toBe(1);
});

test.each([
  "webhook_123",
  "event_01jgb4rkz07wdbqzv3y2m6x8sc",
  "webhook_01JGB4RKZ07WDBQZV3Y2M6X8SC",
  "%E0%A4%A",
  "a%2Fb",
  "%00",
])("%p is no webhook's id, and a 404", async (id) => {
  await using app = await startHttpApp();
  const told = await app.call("GET", `/api/webhooks/${id}`);
  expect([told.status, told.at("error.code")]).toEqual([404, "not_found"]);
});

test("a tenant has as many webhooks as the setting says, and is told the setting's name; deleted ones make room", async () => {
  await using app = await startHttpApp({ settings: { maxWebhooks: 2 } });
  const made = await Promise.all([create(app), create(app), create(app), create(app)]);
  expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409]);
  const refused = await create(app);
  expect([refused.status, refused.at("error.code")]).toEqual([409, "too_many_webhooks"]);
  expect(refused.textAt("error.message")).toBe(
    "The tenant has 2 webhooks, which is as many as POSTHORN_MAX_WEBHOOKS allows.",
  );
  expect((await app.call("GET", "/api/webhooks")).at("data")).toBeArrayOfSize(2);
  const elsewhere = await app.call("POST", "/api/webhooks", { headers: { "X-Tenant": "other" }, body: HOOK });
  expect(elsewhere.status).toBe(201);
  const id = made.find(({ status }) => status === 201)?.textAt("data.id");
  await app.call("DELETE", `/api/webhooks/${id}`);
  expect((await create(app)).status).toBe(201);
  expect((await create(app)).status).toBe(409);
});

test("a list goes page by page, newest first, and its cursor belongs to it", async () => {
  await using app = await startHttpApp();
  const made: string[] = [];
  for (let count = 0; count < 5; count++) made.unshift((await create(app)).textAt("data.id"));
  const seen: unknown[] = [];
  let cursor: unknown = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${cursor}`;
    const page: Told = await app.call("GET", `/api/webhooks?limit=2${query}`);
    for (const index of [0, 1]) seen.push(page.at(`data.${index}.id`));
    cursor = page.at("page.next_cursor");
  } while (cursor !== null);
  expect(seen.filter((id) => id !== undefined)).toEqual(made);
  const first = await app.call("GET", "/api/webhooks?limit=2");
  const stray = await app.call("GET", `/api/events?cursor=${first.textAt("page.next_cursor")}`);
  expect(stray.textAt("error.details.0.message")).toBe(
    "This cursor belongs to another list or to other filters. Begin again without a cursor.",
  );
});
