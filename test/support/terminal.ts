import { until } from "./until.ts";

/** A shell on a pseudo-terminal, into which a test types as a person would. */
export interface Terminal extends AsyncDisposable {
  /** Everything that stood on it so far, without what was typed. */
  readonly shown: string;
  /** Types the text and a return. */
  type(text: string): void;
  /** Ctrl+C. */
  interrupt(): void;
  /** What `find` makes of the text since the last thing typed, as soon as that is not null; fails with the name and the text. */
  shows<Found>(name: string, find: (text: string) => Found | null): Promise<Found>;
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

const WIDE = 1_000;
const READY = "ready";
/** What is typed must not be taken for what was answered. */
const SHELL = ["sh", "-c", `stty -echo; echo ${READY}; exec sh`];

export async function openTerminal({ cwd, env }: TerminalOptions): Promise<Terminal> {
  const decoder = new TextDecoder();
  let shown = "";
  let typedAt = 0;
  const shell = Bun.spawn(SHELL, {
    ...{ cwd, env: { TERM: "dumb", ...env } },
    terminal: {
      cols: WIDE,
      data: (_, bytes) => {
        shown += decoder.decode(bytes, { stream: true }).replaceAll("\r", "");
      },
    },
  });
  await until("the terminal is ready", () => shown.includes(READY));
  return {
    get shown() {
      return shown;
    },
    type(text) {
      typedAt = shown.length;
      shell.terminal?.write(`${text}\n`);
    },
    interrupt: () => void shell.terminal?.write("\x03"),
    async shows(name, find) {
      try {
        return await until(name, () => find(shown.slice(typedAt)));
      } catch (error) {
        throw new Error(`${error}; the terminal shows:\n${shown.slice(typedAt)}`);
      }
    },
    async [Symbol.asyncDispose]() {
      // Whatever runs in it is hung up, as when a window is closed.
      shell.terminal?.close();
      shell.kill("SIGKILL");
      await shell.exited;
    },
  };
}
