import { BacklogBound } from "./backlog-bound.ts";
import type { Config } from "./config.ts";
import { DataDir } from "./data-dir.ts";
import { AttemptReporter } from "./delivery/attempt-reporter.ts";
import { Dispatcher } from "./delivery/dispatcher.ts";
import { Exchanger } from "./delivery/exchanger.ts";
import { createGuard } from "./delivery/guard.ts";
import { Pruner } from "./delivery/pruner.ts";
import { Sender } from "./delivery/sender.ts";
import { TestSender } from "./delivery/test-sender.ts";
import { DiskReserve } from "./disk-reserve.ts";
import type { OwnTarget } from "./domain/address.ts";
import { POSTHORN } from "./domain/audit.ts";
import { newId } from "./domain/ids.ts";
import { parseIp } from "./domain/ip.ts";
import { hashToken, newToken } from "./domain/token.ts";
import { portOf } from "./domain/url.ts";
import { engineTime } from "./engine-time.ts";
import { createMetrics } from "./http/metrics.ts";
import type { HttpParts } from "./http/parts.ts";
import { type Listening, listen } from "./http/server.ts";
import "./limit-relations.ts";
import { API_GRACE_MS, KEY_TOKEN_BYTES, LOOP_SILENCE_MAX_MS, OUTCOMES_GRACE_MS } from "./limits.ts";
import type { Log } from "./log.ts";
import { areDescriptorsScarce, connectionBudget } from "./real/descriptors.ts";
import type { Machine } from "./real/machine.ts";
import type { Store } from "./store/contract.ts";
import { openStore } from "./store/open.ts";
import type { World } from "./world.ts";

export interface ServiceExtras {
  readonly log: Log;
  readonly version: string;
  readonly machine: Machine;
  /** The store cannot be trusted any more: the process has to end at once. */
  readonly onFatal: (error: Error) => void;
}

export interface Started {
  readonly url: string;
  /** The admin key and the file that holds it, when this start made one. */
  readonly newAdminKey: { readonly path: string; readonly token: string } | null;
}

/** The running product: every part, built and joined in one place. */
export interface Service {
  /** Recovers what an earlier process left, listens, then begins to deliver. */
  start(): Promise<Started>;
  /** Refuses new events, lets what is in flight end within the grace, closes. What is left is sent after the next start. */
  stop(): Promise<void>;
  /** Shortens a `stop` under way: what is in flight is cut off now. */
  abort(): void;
}

/**
 * Opens the store and builds every part; nothing is sent and nothing listens yet.
 *
 * @throws StoreOpenError with a sentence for the operator
 */
export async function buildService(config: Config, world: World, extras: ServiceExtras): Promise<Service> {
  const { clock, random, resolver, transport } = world;
  const { log, version, machine, onFatal } = extras;
  const now = engineTime(clock);
  const startedAt = clock.wall();
  const dataDir = DataDir.open(config.dataDir);
  const secretKey = (sealedWith: string | null) => dataDir.secretKey(sealedWith, config.secretKey, random);
  const onLeftOut = (commits: number) => log.warn(LEFT_OUT, { commits });
  const onBusy = (isBusy: boolean) => (isBusy ? log.warn(HELD) : log.info(LET_GO));
  for (const path of dataDir.closeToOthers()) log.warn(EXPOSED, { path });
  if (dataDir.isWritableByOthers) log.warn(WRITABLE, { data_dir: dataDir.path });
  const store = await openStore({ dataDir: dataDir.path, secretKey, random, clock, onFatal, onBusy, onLeftOut });

  const { allowPrivateCidrs, allowHosts, connectTimeoutMs, responseCaptureBytes, timeoutMs, retryScheduleMs } = config;
  const policy = { allowPrivateCidrs, allowHosts, ownTargets: ownTargetsOf(config, machine) };
  const guard = createGuard({ resolver, clock, policy });
  const sealing = { headerPrefix: config.headerPrefix, userAgent: `Posthorn/${version}` };
  const exchanger = new Exchanger({ guard, transport, clock, sealing, connectTimeoutMs, responseCaptureBytes });
  const metrics = createMetrics();
  const reporter = new AttemptReporter({ log, counters: metrics });
  const sender = new Sender({ store, exchanger, clock, random, now, reporter, timeoutMs, retryScheduleMs });
  const dispatcher = new Dispatcher({
    ...{ store, sender, clock, now, log },
    concurrency: concurrencyOf(config, machine),
    concurrencyPerWebhook: config.concurrencyPerWebhook,
    maxEventBytes: config.maxEventBytes,
  });
  const testSender = new TestSender({
    ...{ store, sender, clock, random, now },
    catalogue: config.eventTypes,
    apiVersion: config.apiVersion,
  });
  const diskReserve = new DiskReserve({
    ...{ clock, log, reserveBytes: config.diskReserveBytes },
    freeBytes: () => machine.freeBytes(dataDir.path),
  });
  const backlogBound = new BacklogBound({ store, clock, log, maxPending: config.maxBacklog });
  const { retentionMs, auditRetentionMs, pruneCron } = config;
  const pruner = new Pruner({ store, clock, log, retentionMs, auditRetentionMs, cron: pruneCron });

  let listening: Listening | null = null;
  let isDraining = false;
  let cancelGivingUp = () => {};
  const outcomesGivenUp = Promise.withResolvers<void>();

  /** On a full disk outcomes may never be written: what they tell of is sent again after the next start. */
  function abort(): void {
    sender.abort();
    cancelGivingUp();
    cancelGivingUp = clock.after(OUTCOMES_GRACE_MS, () => outcomesGivenUp.resolve());
  }

  const parts: HttpParts = {
    ...{ store, clock, random, metrics, now },
    settings: { ...config, version, catalogue: config.eventTypes, adminKeyHash: adminKeyHashOf(config) },
    wake: (deliveries) => dispatcher.offer(deliveries),
    wakeWebhook: (webhook) => dispatcher.recheck(webhook),
    tidySoon: () => pruner.kick(),
    sendTest: (webhook, eventType) => testSender.send(webhook, eventType),
    judge: async (url) => guard.judge(url),
    health: () => {
      const { inFlight, polledAt } = dispatcher.facts();
      const alive = now() - polledAt < LOOP_SILENCE_MAX_MS;
      return {
        ...{ startedAt, alive, inFlight, draining: isDraining },
        diskIsLow: diskReserve.isTouched,
        backlogIsFull: backlogBound.isReached,
      };
    },
    isCrowded: () => areDescriptorsScarce(machine.openFilesMax),
    reportSlowedDown: (address) => log.warn("an address sends many wrong keys and is slowed down", { address }),
    report: ({ error, ...request }) => log.error("a request failed", { ...request, error: describeFault(error) }),
  };

  return {
    async start() {
      const newAdminKey = config.adminKey === null ? await missingAdminKey(store, dataDir, world) : null;
      const found = await store.recover(now());
      await diskReserve.start();
      await backlogBound.start();
      // Before anything is sent: a port that is taken ends this process, and would cut off what had begun.
      listening = listen(parts, { hostname: config.host, port: config.port });
      guard.shun(ownTargetsAt(config.host, listening.port, machine));
      dispatcher.start(found);
      pruner.start();
      return { url: listening.url, newAdminKey };
    },
    async stop() {
      isDraining = true;
      diskReserve.stop();
      backlogBound.stop();
      const cancelGrace = clock.after(config.shutdownGraceMs, abort);
      const settled = Promise.all([dispatcher.stop(), testSender.stop(), pruner.stop()]);
      await Promise.race([settled, outcomesGivenUp.promise]);
      cancelGrace();
      cancelGivingUp();
      await listening?.stop(API_GRACE_MS);
      await store.close();
      await transport.close();
    },
    abort,
  };
}

const EXPOSED =
  "other users of this machine could read a key file until now: replace the key if one of them may have read it";

const WRITABLE = "other users of this machine can put files of theirs into the data directory: chmod go-w it";

const HELD = "another program holds the database; writes are refused, and outcomes wait, until it lets go";
const LET_GO = "no other program holds the database any more; writes are taken again";

const LEFT_OUT =
  "the end of the write-ahead log is damaged or cut off, and left out; what was acknowledged last may be missing";

/** Where Posthorn itself is reached is never a webhook's target. A port of 0 is known only once it listens. */
function ownTargetsOf({ host, port, publicUrl }: Config, machine: Machine): OwnTarget[] {
  const targets = port === 0 ? [] : ownTargetsAt(host, port, machine);
  return publicUrl === null ? targets : [...targets, { host: publicUrl.hostname, port: portOf(publicUrl) }];
}

/** Listening on every interface, it is reached at each of their addresses; on a name, perhaps at any of them. */
function ownTargetsAt(host: string, port: number, { addresses }: Machine): OwnTarget[] {
  const ip = parseIp(host);
  const isOneAddress = ip !== null && ip.bits !== 0n;
  return [host, ...(isOneAddress ? [] : addresses)].map((at) => ({ host: at, port }));
}

/** Never above what the open-file limit leaves when the API, the database and the idle connections have theirs. */
function concurrencyOf({ concurrency }: Config, { openFilesMax }: Machine): number {
  return Math.min(concurrency, connectionBudget(openFilesMax).inFlight);
}

function adminKeyHashOf({ adminKey }: Config): string | null {
  return adminKey === null ? null : hashToken(adminKey.reveal());
}

/**
 * Without an admin key of all tenants nobody could ever make one: such a start, which the first one is, makes it and leaves
 * it in the data directory. So is one after POSTHORN_ADMIN_KEY was taken away, or after the last such key expired.
 */
async function missingAdminKey(
  store: Store,
  dataDir: DataDir,
  { clock, random }: World,
): Promise<Started["newAdminKey"]> {
  const createdAt = clock.wall();
  if (await store.isAdministered(createdAt)) return null;
  const token = newToken(random.bytes(KEY_TOKEN_BYTES));
  dataDir.writeAdminKey(token);
  const id = newId("key", createdAt, random.bytes(10));
  const key = { id, name: "admin.key", scope: "admin", tenant: null, createdAt, expiresAt: null } as const;
  await store.createKey({ ...key, hash: hashToken(token) }, POSTHORN);
  return { path: dataDir.adminKeyPath, token };
}

function describeFault(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
