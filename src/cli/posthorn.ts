import { type LoadedConfig, loadConfig } from "../config.ts";
import { readRegularFile } from "../regular-file.ts";
import { VERSION } from "../version.ts";
import { type Action, parseCommand } from "./command.ts";
import type { Console } from "./console.ts";
import { effectiveSettings } from "./effective-settings.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { healthcheck } from "./healthcheck.ts";
import { helpText } from "./help.ts";
import { lines } from "./lines.ts";

export interface Invocation {
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly console: Console;
  readonly exit: (code: ExitCode) => never;
}

/** The whole command line: from what was typed to the exit code. */
export async function posthorn({ args, env, console, exit }: Invocation): Promise<ExitCode> {
  const command = parseCommand(args);
  if (command.kind === "help") return print(helpText(VERSION), console);
  if (command.kind === "version") return print(`${VERSION}\n`, console);
  if (command.kind === "mistaken") return refuse(command.problems, console);
  const loaded = loadConfig({ env, flags: command.flags, readFile: readRegularFile });
  // A name that is no setting may be the one that was meant.
  if (!loaded.ok) return refuse([...loaded.problems, ...loaded.warnings], console);
  return act(command, loaded, { console, exit });
}

/** What is large is loaded only by the command that needs it: the others answer in a moment. */
async function act(
  action: Action,
  { config, sources, warnings }: Extract<LoadedConfig, { ok: true }>,
  { console, exit }: Pick<Invocation, "console" | "exit">,
): Promise<ExitCode> {
  switch (action.kind) {
    case "serve":
      return (await import("./server.ts")).serve({ config, warnings, console, exit });
    case "config":
      console.error(lines(...warnings));
      return print(effectiveSettings(sources), console);
    case "healthcheck":
      return healthcheck(config, console);
    case "rotate-secret-key":
      return (await import("./rotate-secret-key.ts")).rotateSecretKey(config, console);
    case "backup":
      return (await import("./backup.ts")).backup(action.file, config, console);
    case "restore":
      return (await import("./restore.ts")).restore(action.file, config, console);
  }
}

function print(text: string, console: Console): ExitCode {
  console.out(text);
  return EXIT.ok;
}

function refuse(problems: readonly string[], console: Console): ExitCode {
  console.error(lines(...problems, "`posthorn --help` tells more."));
  return EXIT.usage;
}
