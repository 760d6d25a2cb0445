import { parseArgs } from "node:util";
import { flagNames } from "../config.ts";
import { closest, didYouMean } from "../domain/suggestion.ts";

const ACTIONS = ["serve", "config", "healthcheck"] as const;

export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: (typeof ACTIONS)[number]; readonly flags: Readonly<Record<string, string>> }
  | { readonly kind: "mistaken"; readonly problems: readonly string[] };

/** What the command line asks for. Nothing at all asks for help. */
export function parseCommand(args: readonly string[]): Command {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true });
  const options = tokens.filter((token) => token.kind === "option");
  const words = tokens.filter((token) => token.kind === "positional").map(({ value }) => value);
  if (args.length === 0 || options.some(({ name }) => name === "help") || words[0] === "help") return { kind: "help" };
  if (options.some(({ name }) => name === "version")) return { kind: "version" };
  const action = ACTIONS.find((each) => each === words[0]);
  const wrongOptions = options.flatMap(optionProblem);
  // A value left behind by an unknown flag is no mistake of its own.
  const problems = wrongOptions.length > 0 ? wrongOptions : wordProblems(words);
  if (action === undefined || problems.length > 0) return { kind: "mistaken", problems };
  return { kind: action, flags: Object.fromEntries(options.map(({ name, value }) => [name, value ?? ""])) };
}

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  ...Object.fromEntries(flagNames().map((name) => [name, { type: "string" as const }])),
} as const;

function wordProblems([command, ...others]: readonly string[]): readonly string[] {
  if (command === undefined) return [`Say what to do: ${ACTIONS.join(", ")}.`];
  if (!ACTIONS.some((action) => action === command)) {
    return [`"${command}" is not a command.${didYouMean(command, ACTIONS)}`];
  }
  return others.map((word) => `"${word}" is one word too many; settings are flags, such as --port 8787.`);
}

interface Option {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
}

function optionProblem({ name, rawName, value }: Option): readonly string[] {
  if (!flagNames().includes(name)) return [unknownFlag(name, rawName)];
  // `--port --host x`: the second flag is not the first one's value.
  return value === undefined || value.startsWith("--") ? [`${rawName} needs a value: ${rawName}=…`] : [];
}

function unknownFlag(name: string, rawName: string): string {
  if (flagNames().includes(`${name}-file`)) {
    return `${rawName} would show a secret to every user of this machine; use --${name}-file or the environment.`;
  }
  const near = closest(name, flagNames());
  return `${rawName} is not a flag.${near === null ? "" : ` Did you mean --${near}?`}`;
}
