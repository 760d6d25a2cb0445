import { createArrivals } from "./arrivals.ts";
import { pushLines } from "./lines.ts";

/** A receiver in a process of its own, written in whatever its owner likes. */
export interface ReceiverProcess extends AsyncDisposable {
  readonly url: string;
  /** The oldest JSON line that it printed and no earlier call took; fails with this name. */
  nextLine(name: string): Promise<unknown>;
}

/** Starts a program that prints `listening <port>` first, and then one JSON line for each event that it accepted. */
export async function startReceiverProcess(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ReceiverProcess> {
  const child = Bun.spawn([...command], { env: { ...process.env, ...env }, stdout: "pipe", stderr: "ignore" });
  const lines = createArrivals<string>();
  void pushLines(child.stdout, lines.push);
  const [, port] = /^listening (\d+)$/.exec(await lines.next(`${command[0]} listening`)) ?? [];
  return {
    url: `http://127.0.0.1:${port}/webhooks/smartcv`,
    nextLine: async (name) => JSON.parse(await lines.next(name)),
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
    },
  };
}

/** The Python that can import Flask (Debian's, or the one on the path), or null. */
export function flaskPython(): string | null {
  const found = ["python3", "/usr/bin/python3"].find(
    (python) =>
      Bun.which(python) !== null && Bun.spawnSync([python, "-c", "import flask"], { stderr: "ignore" }).success,
  );
  return found ?? null;
}
