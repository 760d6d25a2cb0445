import { expect, test } from "bun:test";
import type { Operation } from "../support/api-document.ts";
import { startAttackedApp } from "./attacked-app.ts";

/** Of every JSON type, and what is nearly one of another. */
const VALUES = ["null", "true", "false", "0", "1.5", "-1e400", '"text"', '""', '"5"', "[]", "[null]", "{}", '{"a":1}'];

/** The body with another value for that field. */
function withField(example: unknown, field: string, text: string): string {
  const others = Object.entries(Object(example)).filter(([name]) => name !== field);
  const members = others.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${[...members, `${JSON.stringify(field)}:${text}`].join(",")}}`;
}

function bodiesOf({ body }: Operation, field: string): readonly string[] {
  const [example] = body?.examples ?? [];
  const inside = [...VALUES.map((value) => `[${value}]`), ...VALUES.map((value) => `{"X-A":${value}}`)];
  return [...VALUES, ...inside].map((text) => withField(example, field, text));
}

test("every field of every body, with a value of every type, is refused where the document forbids it", async () => {
  await using attacked = await startAttackedApp();
  let refused = 0;
  for (const operation of attacked.operations) {
    const { body } = operation;
    for (const field of Object.keys(body?.fields ?? {})) {
      for (const text of bodiesOf(operation, field)) {
        const told = await attacked.ask(operation, { body: text, headers: { "Content-Type": "application/json" } });
        if (body?.problem(JSON.parse(text)) === null) continue;
        expect([operation.id, text, told.status]).toEqual([operation.id, text, 422]);
        expect(told.textAt("error.details.0.path")).toMatch(new RegExp(`^/${field}(/|$)`));
        refused += 1;
      }
    }
  }
  expect(refused).toBeGreaterThan(300);
});

test("so is every body that lacks a field that it needs, or has one that nobody knows", async () => {
  await using attacked = await startAttackedApp();
  for (const operation of attacked.operations) {
    const [example] = operation.body?.examples ?? [];
    for (const field of Object.keys(operation.body?.fields ?? {})) {
      const without = Object.fromEntries(Object.entries(Object(example)).filter(([name]) => name !== field));
      const told = await attacked.ask(operation, { body: without });
      if (operation.body?.problem(without) !== null) expect([operation.id, field, told.status]).toContain(422);
    }
    if (operation.body === null) continue;
    for (const field of ["", "a", "__proto__", "constructor", "toString", "URL", "data ", "secret\0"]) {
      const told = await attacked.ask(operation, {
        body: withField(example, field, '{"active":false}'),
        headers: { "Content-Type": "application/json" },
      });
      expect([operation.id, field, told.status]).toEqual([operation.id, field, 422]);
    }
  }
});

test("a body that is no object is refused by every route that takes one", async () => {
  await using attacked = await startAttackedApp();
  for (const operation of attacked.operations.filter(({ body }) => body !== null)) {
    for (const body of VALUES.filter((text) => !text.startsWith("{"))) {
      const told = await attacked.ask(operation, { body, headers: { "Content-Type": "application/json" } });
      expect([operation.id, body, told.status]).toEqual([operation.id, body, 422]);
    }
  }
});
