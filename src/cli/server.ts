import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Config } from "../config.ts";
import { ListenError } from "../http/server.ts";
import { createLog, type Log } from "../log.ts";
import { thisMachine } from "../real/machine.ts";
import { createRealWorld } from "../real/world.ts";
import { buildService, type Service, type Started } from "../service.ts";
import { StoreError, StoreOpenError } from "../store/contract.ts";
import { VERSION } from "../version.ts";
import { banner } from "./banner.ts";
import type { Console } from "./console.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { lines } from "./lines.ts";
import { becomeOwner } from "./owner.ts";
import { stopSignals } from "./stop-signals.ts";

export interface ServerOptions {
  readonly config: Config;
  readonly warnings: readonly string[];
  readonly console: Console;
  /** Called when nothing can be relied on any more; must not return. */
  readonly exit: (code: ExitCode) => never;
}

/** Runs Posthorn until a signal ends it. The first signal lets requests in flight end, a second one stops at once. */
export async function serve({ config, warnings, console, exit }: ServerOptions): Promise<ExitCode> {
  const signals = stopSignals(console.isTerminal);
  const machine = thisMachine();
  const world = createRealWorld(machine);
  const log = openLog(config, console, world.clock.wall);
  for (const warning of warnings) log.warn(warning);
  const onFatal = (error: unknown): never => {
    log.error("Posthorn cannot go on", factsOf(error));
    return exit(EXIT.failed);
  };
  process.on("uncaughtException", onFatal).on("unhandledRejection", onFatal);
  try {
    becomeOwner(config.dataDir);
    const service = await buildService(config, world, { log, version: VERSION, machine, onFatal });
    announce(await service.start(), config, log, console);
    await stopAfter(signals, service, log);
    return EXIT.ok;
  } catch (error) {
    if (!isForTheOperator(error)) return onFatal(error);
    console.error(lines(error.message));
    return EXIT.failed;
  }
}

function openLog(config: Config, console: Console, wall: () => number): Log {
  const auto = console.isTerminal ? "text" : "json";
  const format = config.logFormat === "auto" ? auto : config.logFormat;
  return createLog({ level: config.logLevel, format, write: console.out, wall });
}

/** What a sentence is enough for: nothing is wrong with Posthorn itself. */
function isForTheOperator(error: unknown): error is Error {
  if (error instanceof StoreError) return error.code === "full" || error.code === "busy";
  return error instanceof StoreOpenError || error instanceof ListenError;
}

/** One line, whatever it is: an error of ours keeps its stack, for whoever mends it. */
function factsOf(error: unknown): { readonly error: string; readonly stack: string | null } {
  return error instanceof Error
    ? { error: error.message, stack: error.stack ?? null }
    : { error: String(error), stack: null };
}

/** Only a terminal shows the first admin key: logs are kept, and read by many. */
function announce({ url, newAdminKey }: Started, config: Config, log: Log, console: Console): void {
  const dataDir = resolve(config.dataDir);
  const path = join(dataDir, "admin.key");
  const adminKeyPath = newAdminKey?.path ?? (config.adminKey === null && existsSync(path) ? path : null);
  if (console.isTerminal) {
    console.out(banner({ version: VERSION, url, dataDir, adminKeyPath, newAdminKey: newAdminKey?.token ?? null }));
  } else {
    log.info("Posthorn is listening", { version: VERSION, url, data_dir: dataDir, admin_key_file: adminKeyPath });
  }
}

async function stopAfter(signals: ReturnType<typeof stopSignals>, service: Service, log: Log): Promise<void> {
  log.info("Posthorn is stopping", { signal: await signals.first });
  void signals.second.then((signal) => {
    log.warn("Posthorn is stopping at once", { signal });
    service.abort();
  });
  await service.stop();
  log.info("Posthorn has stopped");
}
