import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { thisMachine } from "../../src/real/machine.ts";
import { createRealWorld } from "../../src/real/world.ts";
import { buildService, type Service } from "../../src/service.ts";
import type { World } from "../../src/world.ts";

export interface ApiAnswer<Data = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly success: boolean;
    readonly data: Data;
    readonly error?: { readonly code: string; readonly message: string };
  };
}

/** The whole product in this process, on real sockets and a directory of its own; gone when the test is. */
export interface RunningService extends AsyncDisposable {
  readonly url: string;
  readonly dataDir: string;
  readonly service: Service;
  readonly lines: readonly string[];
  /** Calls the API with the admin key. */
  api<Data = unknown>(method: string, path: string, body?: unknown): Promise<ApiAnswer<Data>>;
}

const ADMIN_KEY = "an-admin-key-of-more-than-32-characters";

/**
 * @param env further settings; receivers on 127.0.0.1 are allowed unless they say otherwise
 * @param instead of the real ones
 */
export async function startService(
  env: Readonly<Record<string, string>> = {},
  instead: Partial<World> = {},
): Promise<RunningService> {
  const dataDir = await mkdtemp(join(tmpdir(), "posthorn-test-"));
  const lines: string[] = [];
  const world = { ...createRealWorld({ openFilesMax: null }), ...instead };
  const loaded = loadConfig({
    env: {
      POSTHORN_PORT: "0",
      POSTHORN_DATA_DIR: dataDir,
      POSTHORN_ADMIN_KEY: ADMIN_KEY,
      POSTHORN_ALLOW_PRIVATE_CIDRS: "127.0.0.0/8",
      ...env,
    },
    flags: {},
    readFile: () => {
      throw new Error("no setting of a test is read from a file");
    },
  });
  if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
  const service = await buildService(loaded.config, world, {
    log: createLog({ level: "debug", format: "text", write: (line) => lines.push(line), wall: world.clock.wall }),
    version: "0.0.0-test",
    machine: thisMachine(),
    onFatal: (error) => {
      throw error;
    },
  });
  const { url } = await service.start();

  return {
    url,
    dataDir,
    service,
    lines,
    async api(method, path, body) {
      const response = await fetch(new URL(path, url), {
        method,
        headers: {
          Authorization: `Bearer ${ADMIN_KEY}`,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const answer = (await response.json()) as ApiAnswer<never>["body"];
      return { status: response.status, headers: response.headers, body: answer };
    },
    async [Symbol.asyncDispose]() {
      service.abort();
      await service.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
