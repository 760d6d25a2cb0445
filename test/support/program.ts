import { createArrivals } from "./arrivals.ts";
import { pushLines } from "./lines.ts";

/** A program in a process of its own, whose standard output is watched; killed when the test is over. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** The oldest log line with this message that no earlier call passed; fails with the message's name. */
  logged(message: string): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  /** Resolves at the end of the process, with everything it wrote. */
  readonly ended: Promise<ProgramEnd>;
}

export type LogLine = Readonly<Record<string, unknown>>;

export interface ProgramEnd {
  /** 128 and the signal's number when a signal ended it. */
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
}

export interface ProgramOptions {
  /** The whole of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it is started; the tests' own directory unless told otherwise. */
  readonly cwd?: string;
  /** Killed when it has not ended by then. */
  readonly timeoutMs?: number;
}

export function startProgram(command: readonly string[], { env, cwd, timeoutMs }: ProgramOptions): Program {
  const child = Bun.spawn([...command], {
    ...{ env, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    ...(cwd !== undefined && { cwd }),
    ...(timeoutMs !== undefined && { timeout: timeoutMs, killSignal: "SIGKILL" }),
  });
  const lines = createArrivals<string>();
  const read = pushLines(child.stdout, lines.push);
  const ended = Promise.all([child.exited, read, new Response(child.stderr).text()]).then(([exitCode, , error]) => ({
    ...{ exitCode, error },
    out: lines.all.join("\n"),
  }));
  return {
    pid: child.pid,
    ended,
    signal: (name) => child.kill(name),
    async logged(message) {
      for (;;) {
        const line: unknown = JSON.parse(await lines.next(`log line "${message}"`));
        if (isRecord(line) && line["message"] === message) return line;
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function isRecord(value: unknown): value is LogLine {
  return typeof value === "object" && value !== null;
}
