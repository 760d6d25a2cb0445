import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { waitFor } from "../wait.ts";
import { SECRET, type Subject } from "./subject.ts";

const SOURCES = join(import.meta.dir, "../queue");
const SOURCE_FILES = ["package.json", "bun.lock", "server.mjs"];
/** Its packages are not the product's, and are nobody's business who does not compare. */
const INSTALLED = join(import.meta.dir, "../../../dist/queue");
const KEY = "benchmark";
const START_MAX_SECONDS = 30;

/** Why there is no such yardstick in this run, or null. */
export function missingForQueue({ options }: Bench): string | null {
  if (options.noQueue) return "queue: left out by --no-queue";
  const missing = ["redis-server", "node"].filter((program) => Bun.which(program) === null);
  return missing.length === 0 ? null : `queue: not measured without ${missing.join(" and ")}`;
}

/** The yardstick of what a team would build instead: Fastify and BullMQ under Node, on a Redis that syncs every write. */
export async function startQueue(bench: Bench, target: string): Promise<Subject> {
  install();
  const redisPort = freePort();
  const redis = bench.adopt(
    Bun.spawn(["redis-server", ...redisFlags(redisPort)], {
      ...{ cwd: bench.directory("redis"), stdio: ["ignore", "ignore", "inherit"] },
    }),
  );
  await waitFor("Redis to listen", START_MAX_SECONDS, () => answers(redisPort));
  const server = bench.adopt(
    Bun.spawn(["node", join(INSTALLED, "server.mjs")], {
      env: { PATH: process.env["PATH"], REDIS_PORT: String(redisPort), TARGET: target, KEY, SECRET },
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  const { value } = await server.stdout.getReader().read();
  return {
    ...{ name: "queue", url: `http://127.0.0.1:${new TextDecoder().decode(value).trim()}`, key: KEY },
    pids: [server.pid, redis.pid],
    async [Symbol.asyncDispose]() {
      for (const child of [server, redis]) {
        child.kill("SIGKILL");
        await child.exited;
      }
    },
  };
}

/** Fetches its packages when they are needed, exactly those of its lock file. */
function install(): void {
  mkdirSync(INSTALLED, { recursive: true });
  for (const file of SOURCE_FILES) copyFileSync(join(SOURCES, file), join(INSTALLED, file));
  const command = [process.execPath, "install", "--frozen-lockfile", "--ignore-scripts", "--silent"];
  const { exitCode, stderr } = Bun.spawnSync(command, { cwd: INSTALLED });
  if (exitCode !== 0) throw new Error(`the packages of the yardstick could not be installed:\n${stderr}`);
}

function redisFlags(port: number): readonly string[] {
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  return ["--bind", "127.0.0.1", "--port", String(port), ...durable];
}

function freePort(): number {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const port = server.port ?? 0;
  void server.stop(true);
  return port;
}

async function answers(port: number): Promise<true | null> {
  const connect = { hostname: "127.0.0.1", port, socket: { data: () => {} } };
  return Bun.connect(connect).then(
    (socket) => {
      socket.end();
      return true;
    },
    () => null,
  );
}
