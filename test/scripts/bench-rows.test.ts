import { expect, test } from "bun:test";
import { join } from "node:path";
import { copyRows } from "../../scripts/benchmark/copied-rows.ts";
import { payloadMaker, stampOf } from "../../scripts/benchmark/payload.ts";
import type { Webhook } from "../../src/domain/webhook.ts";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { allPages, DELIVERED, NOW, Scene } from "../store/conformance/scene.ts";
import { storeOptions, temporaryDirectory } from "../store/open-sqlite.ts";

const DAY_MS = 86_400_000;
const OLD = NOW - 2 * DAY_MS;
const TYPES = ["resume.created", "resume.updated"] as const;

interface Copied extends AsyncDisposable {
  readonly store: Store;
  readonly webhook: Webhook;
}

/** A store with one delivered event, and its copies, made while nobody had the file open. */
async function copied(state: "pending" | "finished", count: number): Promise<Copied> {
  const directory = temporaryDirectory();
  const options = storeOptions({ dataDir: directory.path });
  const first = await openStore(options);
  const scene = new Scene(first);
  const webhook = await scene.webhook();
  const { data } = JSON.parse(payloadMaker(100)(TYPES[0], { number: 0, at: 0 }));
  await scene.settled(DELIVERED, { data: JSON.stringify(data) });
  await first.close();
  copyRows(join(directory.path, "posthorn.db"), { count, state, from: OLD, until: OLD + DAY_MS, types: TYPES });
  const store = await openStore(options);
  return {
    ...{ store, webhook },
    async [Symbol.asyncDispose]() {
      await store.close();
      directory[Symbol.dispose]();
    },
  };
}

test("copies that are finished stand in the logs like what was delivered, one in a hundred failed, and can be pruned", async () => {
  await using made = await copied("finished", 200);
  const { store, webhook } = made;
  const log = await allPages((before) => store.listLog(webhook.key, {}, { limit: 50, before }));
  expect(log).toHaveLength(201);
  expect(new Set(log.map(({ id }) => id)).size).toBe(201);
  expect(log.filter(({ state }) => state === "failed")).toHaveLength(2);
  expect(log.filter(({ eventType }) => eventType === TYPES[1])).toHaveLength(100);
  expect(await store.tidy({ now: NOW, before: NOW - 1, auditBefore: 0, maxRows: 10_000 })).toMatchObject({ rows: 600 });
});

test("copies that are pending are due work, each with an event and a body of its own", async () => {
  await using made = await copied("pending", 50);
  const { store, webhook } = made;
  expect(await store.recover(NOW)).toEqual([{ webhook: webhook.key, nextDueAt: OLD + DAY_MS / 50, hasRetries: false }]);
  const found = await store.seek({ webhook: webhook.key, isRetry: false, limit: 100 });
  const claimed = await store.claim(found);
  expect(claimed.map(({ body }) => stampOf(body)?.number)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
  expect(claimed.every(({ body, eventId }) => body.includes(eventId))).toBe(true);
  expect(claimed.every(({ attempts }) => attempts === 0)).toBe(true);
});
