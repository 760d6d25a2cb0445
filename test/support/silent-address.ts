import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { until } from "./until.ts";

/** An address that answers no attempt to connect: its program stands still, and its queue of connections is full. */
export interface SilentAddress extends AsyncDisposable {
  readonly port: number;
}

const STANDS_STILL = `
  const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1" }, () => {
    require("node:fs").writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;
/** More than the queue for which Bun asks the system. */
const QUEUED = 600;

/** How many this process has open now. Linux only. */
export function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Linux only. */
export async function startSilentAddress(): Promise<SilentAddress> {
  const child = Bun.spawn([process.execPath, "-e", STANDS_STILL], { stdout: "pipe", stderr: "ignore" });
  const { value } = await child.stdout.getReader().read();
  const port = Number(new TextDecoder().decode(value));
  const queued: Socket[] = [];
  const before = openFiles();
  for (let count = 0; count < QUEUED; count++) queued.push(connect({ port, host: "127.0.0.1" }).on("error", () => {}));
  await until("its queue is full", () => openFiles() >= before + QUEUED);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of queued) socket.destroy();
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
