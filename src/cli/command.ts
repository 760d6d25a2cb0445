import { parseArgs } from "node:util";
import { flagNames } from "../config.ts";
import { closest, didYouMean } from "../domain/suggestion.ts";
import { show } from "../setting.ts";

/** What can be asked for by a word alone. */
export const PLAIN_ACTIONS = {
  serve: "Run it",
  config: "Print every setting's value and where it comes from",
  healthcheck: "Ask the server that these settings describe whether it is alive",
  "rotate-secret-key": "Seal secrets at rest with a new key, while nothing runs",
} as const;

/** What can be asked for with the name of a file. */
export const FILE_ACTIONS = {
  backup: "Copy the database into a new FILE, whether it is in use or not",
  restore:
    "Put the backup FILE in the database's place, while nothing runs; what was delivered since is not sent again",
} as const;

type Flags = Readonly<Record<string, string>>;

/** What the settings are needed for. */
export type Action =
  | { readonly kind: keyof typeof PLAIN_ACTIONS; readonly flags: Flags }
  | { readonly kind: keyof typeof FILE_ACTIONS; readonly file: string; readonly flags: Flags };

export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | Action
  | { readonly kind: "mistaken"; readonly problems: readonly string[] };

/** What the command line asks for. Nothing at all asks for help. */
export function parseCommand(args: readonly string[]): Command {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true });
  const options = tokens.filter((token) => token.kind === "option");
  const words = tokens.filter((token) => token.kind === "positional").map(({ value }) => value);
  if (args.length === 0 || options.some(({ name }) => name === "help") || words[0] === "help") return { kind: "help" };
  if (options.some(({ name }) => name === "version")) return { kind: "version" };
  const wrongOptions = options.flatMap(optionProblem);
  // A value left behind by an unknown flag is no mistake of its own.
  if (wrongOptions.length > 0) return { kind: "mistaken", problems: wrongOptions };
  return actionOf(words, Object.fromEntries(options.map(({ name, value }) => [name, value ?? ""])));
}

function actionOf([word, ...operands]: readonly string[], flags: Flags): Command {
  if (word === undefined) return mistaken(`Say what to do: ${WORDS.join(", ")}.`);
  if (isKeyOf(PLAIN_ACTIONS, word)) return tooMany(operands) ?? { kind: word, flags };
  if (!isKeyOf(FILE_ACTIONS, word)) return mistaken(`${show(word)} is not a command.${didYouMean(word, WORDS)}`);
  const [file, ...more] = operands;
  if (file === undefined || file === "") return mistaken(`Say which file: posthorn ${word} FILE.`);
  return tooMany(more) ?? { kind: word, file, flags };
}

const WORDS = [...Object.keys(PLAIN_ACTIONS), ...Object.keys(FILE_ACTIONS)];

function isKeyOf<Table extends object>(table: Table, word: string): word is Extract<keyof Table, string> {
  return Object.hasOwn(table, word);
}

function tooMany(words: readonly string[]): Command | null {
  if (words.length === 0) return null;
  return mistaken(
    ...words.map((word) => `${show(word)} is one word too many; settings are flags, such as --port 8787.`),
  );
}

function mistaken(...problems: readonly string[]): Command {
  return { kind: "mistaken", problems };
}

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  ...Object.fromEntries(flagNames().map((name) => [name, { type: "string" as const }])),
} as const;

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
