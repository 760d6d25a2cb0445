import { expect, test } from "bun:test";
import { Dispatcher } from "../../src/delivery/dispatcher.ts";
import type { Sender } from "../../src/delivery/sender.ts";
import { createLog } from "../../src/log.ts";
import { createLoop } from "../support/loop.ts";

/** Far more than one seek gives, so that a lane that kept them would ask for the same ones for ever. */
const DELIVERIES = 600;

test.each([
  ["before it has answered", false],
  ["after it has answered", true],
])("a sender that fails %s costs no slot, and does not make the loop spin", async (_, answers) => {
  await using loop = await createLoop();
  await loop.dispatcher.stop();
  await loop.webhook();
  const lines: string[] = [];
  const { clock } = loop.world;
  const log = createLog({ level: "error", format: "text", write: (line) => lines.push(line), wall: clock.wall });
  const deliver: Sender["deliver"] = async (delivery, responded) => {
    if (answers) responded({ holdMs: 0 });
    await loop.store.release(delivery.lease);
    throw new Error("a fault in the sender");
  };
  const parts = { store: loop.store, sender: { deliver }, clock, now: loop.now, log };
  const dispatcher = new Dispatcher({ ...parts, concurrency: 4, concurrencyPerWebhook: 2, maxEventBytes: 1_000 });
  for (let n = 0; n < DELIVERIES; n++) await loop.ingest();
  dispatcher.start([]);
  const offered = await loop.store.seek({ webhook: 1, isRetry: false, limit: DELIVERIES });
  dispatcher.offer(offered.slice(0, 10));
  await clock.settle();
  expect(lines).toHaveLength(10);
  expect(dispatcher.facts()).toMatchObject({ inFlight: 0, unsettled: 0 });
  await dispatcher.stop();
});
