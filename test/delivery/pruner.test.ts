import { expect, test } from "bun:test";
import { Pruner } from "../../src/delivery/pruner.ts";
import { POSTHORN } from "../../src/domain/audit.ts";
import { createLog } from "../../src/log.ts";
import type { Store } from "../../src/store/contract.ts";
import { createLoop, type Loop } from "../support/loop.ts";
import { reply } from "../support/scripted-reply.ts";

const DAY_MS = 86_400_000;

/** Stands in for months in which nothing is sent: the loop's polls would only take time. */
async function rest(loop: Loop): Promise<void> {
  await loop.world.clock.settle();
  await loop.dispatcher.stop();
}

function prunerOf(
  { world, store }: Pick<Loop, "world" | "store">,
  lines: string[] = [],
  slice: Partial<Store> = {},
): Pruner {
  const { clock } = world;
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line), wall: clock.wall });
  const parts = { tidy: store.tidy, reclaim: store.reclaim, ...slice };
  return new Pruner({
    store: parts,
    clock,
    log,
    retentionMs: 30 * DAY_MS,
    auditRetentionMs: 365 * DAY_MS,
    cron: "17 * * * *",
  });
}

test("what was finished longer ago than the retention goes at the next run, seventeen minutes past the hour", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  await loop.post();
  await rest(loop);
  const lines: string[] = [];
  const pruner = prunerOf(loop, lines);
  pruner.start();
  await loop.world.clock.advance(30 * DAY_MS + 16 * 60_000);
  expect(await loop.log(webhook)).toHaveLength(1);
  await loop.world.clock.advance(60_000);
  expect(await loop.log(webhook)).toHaveLength(0);
  expect((await loop.store.listEvents("default", { limit: 10, before: null })).rows).toEqual([]);
  expect(lines.filter((line) => line.includes("pruned"))).toHaveLength(1);
  await pruner.stop();
});

test("a pending delivery of an active webhook stays, whatever its age", async () => {
  await using loop = await createLoop({ retryScheduleMs: [90 * DAY_MS] });
  const webhook = await loop.webhook();
  loop.world.transport.on("yourapp.example", (_, n) => reply(n === 1 ? 500 : 200));
  await loop.post();
  await rest(loop);
  const pruner = prunerOf(loop);
  pruner.start();
  await loop.world.clock.advance(60 * DAY_MS);
  expect(await loop.log(webhook)).toMatchObject([{ state: "pending", attempts: 1 }]);
  await pruner.stop();
});

test("what an inactive webhook holds is cancelled after the retention", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => reply(500));
  await loop.post();
  await rest(loop);
  await loop.store.updateWebhook("default", webhook.id, { active: false }, loop.world.clock.wall(), POSTHORN);
  const pruner = prunerOf(loop);
  pruner.start();
  await loop.world.clock.advance(29 * DAY_MS);
  expect(await loop.log(webhook)).toMatchObject([{ state: "pending" }]);
  await loop.world.clock.advance(2 * DAY_MS);
  expect(await loop.log(webhook)).toMatchObject([{ state: "cancelled", nextRetryAt: null }]);
  await pruner.stop();
});

test("what a deleted webhook left is cancelled at once when the pruner is asked, without waiting for its hour", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook({ active: true, retryScheduleMs: [DAY_MS] });
  loop.world.transport.otherwise(() => reply(500));
  for (let n = 0; n < 1_200; n++) await loop.ingest();
  await loop.store.deleteWebhook("default", webhook.id, loop.world.clock.wall(), POSTHORN);
  const chunks: number[] = [];
  const tidy: Store["tidy"] = async (options) => {
    const chunk = await loop.store.tidy(options);
    chunks.push(chunk.rows);
    return chunk;
  };
  const lines: string[] = [];
  const pruner = prunerOf(loop, lines, { tidy });
  pruner.kick();
  await loop.world.clock.advance(1_000);
  expect(lines).toEqual([]);
  expect((await loop.store.stats()).pending).toBe(0);
  expect(Math.max(...chunks)).toBeLessThanOrEqual(500);
  expect(chunks.reduce((sum, rows) => sum + rows, 0)).toBe(1_200);
  await pruner.stop();
});

test("a run that fails is told, and the next one goes on", async () => {
  await using loop = await createLoop();
  const lines: string[] = [];
  let runs = 0;
  const tidy: Store["tidy"] = async () => {
    runs += 1;
    throw new Error("the disk is on strike");
  };
  const pruner = prunerOf(loop, lines, { tidy });
  pruner.start();
  await loop.world.clock.advance(2 * 3_600_000);
  expect(runs).toBe(3);
  expect(lines.every((line) => line.includes("the next run goes on"))).toBe(true);
  await pruner.stop();
});

test("a stop waits for the chunk under way and starts no other", async () => {
  await using loop = await createLoop();
  const { promise, resolve } = Promise.withResolvers<void>();
  let chunks = 0;
  const tidy: Store["tidy"] = async () => {
    chunks += 1;
    await promise;
    return { rows: 500, more: true };
  };
  const pruner = prunerOf(loop, [], { tidy });
  pruner.kick();
  const stopped = pruner.stop();
  resolve();
  await stopped;
  await loop.world.clock.advance(7_200_000);
  expect(chunks).toBe(1);
  expect(loop.world.clock.pending).toBe(1);
});
