import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../src/domain/audit.ts";
import type { NewEvent } from "../../src/store/contract.ts";
import { openWriting } from "../../src/store/sqlite/connection.ts";
import type { Command } from "../../src/store/sqlite/verbs.ts";
import { type BatchResult, Writer } from "../../src/store/sqlite/writer.ts";
import { NOW, Scene, TENANT } from "./conformance/scene.ts";
import { openInMemory } from "./open-sqlite.ts";

async function newEvents(count: number): Promise<readonly NewEvent[]> {
  await using opened = await openInMemory();
  const scene = new Scene(opened.store);
  return Array.from({ length: count }, () => scene.newEvent());
}

function createWebhook(id: string): Command {
  const argument = {
    ...{ id, tenant: TENANT, url: "https://a.example", events: '["*"]', secrets: "[]", headers: "[]", active: true },
    ...{ description: null, retryScheduleMs: null, timeoutMs: null, urlPassed: false, createdAt: NOW, by: POSTHORN },
    maxOfTenant: 10,
  };
  return { verb: "createWebhook", argument };
}

const ONE = "webhook_01jgb4rkz07wdbqzv3y2m6x8sc";
const OTHER = "webhook_01jgb4rkz07wdbqzv3y2m6x8sd";

function answersOf(result: BatchResult): readonly unknown[] {
  if (result.kind !== "done") throw new Error(result.reason);
  return result.answers;
}

describe("a batch with a command that a constraint refuses", () => {
  test("is written but for that one, and every other has its own answer", async () => {
    const [first, taken, last] = await newEvents(3);
    if (first === undefined || taken === undefined || last === undefined) throw new Error("there are three");
    const ingest = (argument: NewEvent): Command => ({ verb: "ingest", argument });
    const db = openWriting(":memory:");
    const writer = new Writer(db);
    const result = writer.run([
      createWebhook(ONE),
      ingest(first),
      ingest({ ...taken, firstDeliveryId: first.firstDeliveryId }),
      createWebhook(OTHER),
      createWebhook(ONE),
      ingest(last),
    ]);
    expect(answersOf(result)).toMatchObject([
      { id: ONE },
      { kind: "accepted", placed: [{ id: first.firstDeliveryId }] },
      null,
      { id: OTHER },
      null,
      { kind: "accepted", placed: [{ id: last.firstDeliveryId }, {}] },
    ]);
    expect(result).toMatchObject({ refusals: [{ at: 2 }, { at: 4 }] });
    expect(answersOf(writer.run([ingest(taken)]))).toMatchObject([{ kind: "accepted", placed: [{}, {}] }]);
    expect(db.query("SELECT id FROM events ORDER BY seq").all()).toEqual([
      { id: first.id },
      { id: last.id },
      { id: taken.id },
    ]);
    db.close();
  });
});
