import { join } from "node:path";
import { createArrivals } from "./arrivals.ts";
import { pushLines } from "./lines.ts";

/** The program from its sources, in a process of its own; killed when the test is over. */
export interface PosthornProcess extends AsyncDisposable {
  readonly pid: number;
  /** The oldest log line with this message that no earlier call passed; fails with the message's name. */
  logged(message: string): Promise<Readonly<Record<string, unknown>>>;
  signal(name: NodeJS.Signals): void;
  /** Resolves at the end of the process, with everything it wrote. */
  readonly ended: Promise<{ readonly exitCode: number; readonly out: string; readonly error: string }>;
}

const MAIN = join(import.meta.dir, "../../src/main.ts");

/** Starts `posthorn` with these arguments, and no other setting than those in `env`. */
export function startPosthorn(args: readonly string[], env: Readonly<Record<string, string>> = {}): PosthornProcess {
  const command = [process.execPath, MAIN, ...args];
  const child = Bun.spawn(command, { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const lines = createArrivals<string>();
  const out: string[] = [];
  const read = pushLines(child.stdout, (line) => {
    out.push(line);
    lines.push(line);
  });
  const ended = Promise.all([child.exited, read, new Response(child.stderr).text()]).then(([exitCode, , error]) => ({
    ...{ exitCode, error },
    out: out.join("\n"),
  }));
  const endedBefore = async (message: string): Promise<never> => {
    const { exitCode, error } = await ended;
    throw new Error(`it ended with ${exitCode} before it logged "${message}":\n${out.join("\n")}\n${error}`);
  };
  return {
    pid: child.pid,
    ended,
    signal: (name) => child.kill(name),
    async logged(message) {
      for (;;) {
        const line: unknown = JSON.parse(
          await Promise.race([lines.next(`log line "${message}"`), endedBefore(message)]),
        );
        if (isRecord(line) && line["message"] === message) return line;
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
