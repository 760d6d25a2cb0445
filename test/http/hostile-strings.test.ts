import { expect, test } from "bun:test";
import type { Operation } from "../support/api-document.ts";
import { NAUGHTY_STRINGS } from "../support/naughty.ts";
import { type AttackedApp, startAttackedApp } from "./attacked-app.ts";

const PATIENCE_MS = 30_000;
const SENT_HEADERS = ["X-Tenant", "Idempotency-Key", "Authorization", "Cookie", "Origin", "Content-Type", "Accept"];
/** What can be sent in a header at all. */
const HEADER_VALUES = NAUGHTY_STRINGS.filter((text) => /^[\x20-\x7e\xa0-\xff]+$/.test(text));

/** The bodies that have a text, and those that have it in a list. */
function withText({ body }: Operation, text: string): readonly (readonly [field: string, body: object])[] {
  const [example] = body?.examples ?? [];
  return Object.entries(body?.fields ?? {}).flatMap(([field, { type }]) => {
    if (type === "string") return [[field, { ...Object(example), [field]: text }] as const];
    if (type === "array") return [[field, { ...Object(example), [field]: [text] }] as const];
    return field === "headers" ? [[field, { ...Object(example), headers: { [text]: "a", "X-A": text } }] as const] : [];
  });
}

/** What is shown masked, and what is shown in another form. */
const NOT_ECHOED = /^(secret|headers|key|expires_at|since|until|event_type)$/;

/** What was taken is kept to the character. */
async function expectKept(attacked: AttackedApp, operation: Operation, field: string, body: object): Promise<void> {
  const told = await attacked.ask(operation, { body });
  if (told.status >= 400) return;
  const given = Object.entries(body).find(([name]) => name === field)?.[1];
  const shown = [told.at(`data.${field}`)];
  if (operation.id === "createWebhook") shown.push(await keptAndDeleted(attacked, told.textAt("data.id"), field));
  if (!NOT_ECHOED.test(field)) expect(shown).toEqual(shown.map(() => given));
}

/** What a webhook has in that field when it is read again; a tenant may not have many of them. */
async function keptAndDeleted({ app }: AttackedApp, id: string, field: string): Promise<unknown> {
  const kept = await app.call("GET", `/api/webhooks/${id}`);
  await app.call("DELETE", `/api/webhooks/${id}`);
  return kept.at(`data.${field}`);
}

test(
  "no string in any field of any body makes a fault, and what is taken is kept to the character",
  async () => {
    await using attacked = await startAttackedApp();
    for (const operation of attacked.operations) {
      for (const text of NAUGHTY_STRINGS) {
        for (const [field, body] of withText(operation, text)) await expectKept(attacked, operation, field, body);
      }
    }
  },
  PATIENCE_MS,
);

test("no string in the data of an event makes a fault, and receivers would get it as it came", async () => {
  await using attacked = await startAttackedApp();
  for (const text of NAUGHTY_STRINGS) {
    const data = `{${JSON.stringify(text)}:[${JSON.stringify(text)}]}`;
    const told = await attacked.app.call("POST", "/api/events", {
      body: `{"type":"resume.created","data":${data}}`,
      headers: { "Content-Type": "application/json" },
    });
    expect(told.status).toBe(202);
    const kept = await attacked.app.call("GET", `/api/events/${told.textAt("data.id")}`);
    expect(kept.text).toContain(`"data":${data}`);
  }
});

test(
  "no string in a path makes a fault",
  async () => {
    await using attacked = await startAttackedApp();
    for (const operation of attacked.operations.filter(({ path }) => path.includes("{"))) {
      for (const text of NAUGHTY_STRINGS) {
        // A URL drops them, and with them the place.
        if (["", ".", ".."].includes(text)) continue;
        await attacked.ask(operation, { places: encodeURIComponent(text.toWellFormed()) });
      }
    }
  },
  PATIENCE_MS,
);

test(
  "no string in a query makes a fault, neither as a value nor as a name",
  async () => {
    await using attacked = await startAttackedApp();
    for (const [name, operation] of byParameter(attacked.operations)) {
      for (const text of NAUGHTY_STRINGS) {
        const encoded = encodeURIComponent(text.toWellFormed());
        await attacked.ask(operation, { query: `?${name}=${encoded}` });
        if (name === "limit") await attacked.ask(operation, { query: `?${encoded}=${encoded}&${encoded}` });
      }
    }
  },
  PATIENCE_MS,
);

/** Every parameter, each at one of the lists that have it. */
function byParameter(operations: readonly Operation[]): ReadonlyMap<string, Operation> {
  return new Map(
    operations.flatMap((operation) =>
      operation.parameters
        .filter((parameter) => parameter.in === "query")
        .map(({ name }) => [name, operation] as const),
    ),
  );
}

test("no string in a header makes a fault", async () => {
  await using attacked = await startAttackedApp();
  const operations = attacked.operations.filter(({ id }) => ["postEvent", "closeSession"].includes(id));
  for (const operation of operations) {
    const [body] = operation.body?.examples ?? [];
    for (const name of SENT_HEADERS) {
      for (const value of HEADER_VALUES) {
        const text = name === "Cookie" ? `posthorn_session=${value}` : value;
        await attacked.ask(operation, { body, headers: { [name]: text } });
      }
    }
  }
});
