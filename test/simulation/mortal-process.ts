import type { Database } from "bun:sqlite";
import type { Dispatcher } from "../../src/delivery/dispatcher.ts";
import { Pruner } from "../../src/delivery/pruner.ts";
import { TestSender } from "../../src/delivery/test-sender.ts";
import { SMARTCV_EVENT_TYPES } from "../../src/domain/event-types.ts";
import { engineTime } from "../../src/engine-time.ts";
import { OUTCOMES_GRACE_MS } from "../../src/limits.ts";
import { createLog } from "../../src/log.ts";
import type { Store } from "../../src/store/contract.ts";
import { createSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { Millis, World } from "../../src/world.ts";
import { createEngine } from "../support/engine.ts";
import { API_VERSION } from "../support/loop.ts";
import type { Disk } from "./disk.ts";
import type { Doom } from "./doom.ts";
import type { Life } from "./life.ts";
import { mortalLinks } from "./mortal-links.ts";
import { createMortalWorld } from "./mortal-world.ts";
import type { Sabotage } from "./sabotage.ts";
import type { SlotLimits } from "./slots.ts";
import type { ProcessWatch, Watch } from "./watch.ts";

export interface ProcessParts {
  readonly world: World;
  readonly db: Database;
  readonly disk: Disk;
  readonly doom: Doom;
  readonly watch: Watch;
  readonly limits: SlotLimits;
  readonly retentionMs: Millis;
  readonly graceMs: Millis;
  readonly sabotage: Sabotage;
}

/** One life of the product: everything but its API, joined, started and stopped as the service does it. */
export interface MortalProcess {
  readonly life: Life;
  readonly watch: ProcessWatch;
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  readonly testSender: TestSender;
  readonly pruner: Pruner;
  /** Engine time. */
  readonly now: () => Millis;
  readonly isDraining: boolean;
  stop(): Promise<void>;
}

const SECRET_KEY = new Uint8Array(32).fill(7);
const CRON = "17 * * * *";
/** All of it is kept: what is missing then was never noted. */
const AUDIT_RETENTION_MS = 365 * 86_400_000;

/** Resolves when it delivers; never, if it dies before. */
export async function startProcess(life: Life, parts: ProcessParts): Promise<MortalProcess> {
  const { doom, sabotage } = parts;
  const now = engineTime(parts.world.clock);
  const watch = parts.watch.ofProcess(parts.limits, now);
  const world = createMortalWorld(parts.world, { life, doom, watch: watch.attempts });
  const { clock, random } = world;
  const opened = await openMortalStore(life, { ...parts, world }, watch);
  const store = sabotage.store?.(opened) ?? opened;
  const log = createLog({ level: "warn", format: "text", write: () => {}, wall: clock.wall });
  const counters = { attemptFinished: () => {}, deliveryFinished: () => {} };
  const { total: concurrency, perWebhook: concurrencyPerWebhook } = sabotage.limits?.(parts.limits) ?? parts.limits;
  const { sender, deliverer, dispatcher } = createEngine(
    { world, store, log, counters, now },
    {
      ...{ concurrency, concurrencyPerWebhook },
      between: (inner) => watch.attempts.between(sabotage.sender?.(inner) ?? inner),
    },
  );
  const testSender = new TestSender({
    ...{ store, sender: deliverer, clock, random, now },
    ...{ catalogue: SMARTCV_EVENT_TYPES, apiVersion: API_VERSION },
  });
  const retention = { retentionMs: parts.retentionMs, auditRetentionMs: AUDIT_RETENTION_MS };
  const pruner = new Pruner({ store, clock, log, ...retention, cron: CRON });

  let isDraining = false;
  let cancelGivingUp = () => {};
  const outcomesGivenUp = Promise.withResolvers<void>();

  function abort(): void {
    sender.abort();
    cancelGivingUp = clock.after(OUTCOMES_GRACE_MS, () => outcomesGivenUp.resolve());
  }

  async function stop(): Promise<void> {
    isDraining = true;
    const cancelGrace = clock.after(parts.graceMs, abort);
    const settled = Promise.all([dispatcher.stop(), testSender.stop(), pruner.stop()]);
    await Promise.race([settled, outcomesGivenUp.promise]);
    cancelGrace();
    cancelGivingUp();
    await store.close();
  }

  dispatcher.start(await store.recover(now()));
  // From here on it is kept, through everything that befalls this life.
  await store.pending();
  pruner.start();
  return {
    ...{ life, watch, store, dispatcher, testSender, pruner, now, stop },
    get isDraining() {
      return isDraining;
    },
  };
}

function openMortalStore(
  life: Life,
  { world, db, disk, doom, watch }: ProcessParts,
  own: ProcessWatch,
): Promise<Store> {
  const { random, clock } = world;
  const { commits } = own;
  const links = mortalLinks({
    ...{ db, life, disk, doom },
    committed: (batch, result) => commits.committed(batch, result),
    answered: () => commits.answered(),
  });
  const onFatal = (error: Error) => watch.judge.expect("tables", false, () => error.message);
  return createSqliteStore({ ...links, secretKey: SECRET_KEY, random, clock, onFatal, unlock: () => {} });
}
