import { expect, test } from "bun:test";
import { FILE_ACTIONS, PLAIN_ACTIONS, parseCommand } from "../../src/cli/command.ts";
import { helpText } from "../../src/cli/help.ts";
import { flagNames } from "../../src/config.ts";
import { SETTINGS } from "../../src/settings.ts";

function problemsOf(...args: readonly string[]): readonly string[] {
  const command = parseCommand(args);
  return command.kind === "mistaken" ? command.problems : [];
}

const WORDS = [...Object.keys(PLAIN_ACTIONS), ...Object.keys(FILE_ACTIONS)];

test.each([
  ...[[[]], [["--help"]], [["-h"]], [["help"]], [["help", "backup"]], [["--port", "80", "--help"]]],
  ...WORDS.flatMap((word) => [[[word, "--help"]], [[word, "-h"]], [[word, "FILE", "--help"]]]),
])("%j asks for help", (args: readonly string[]) => expect(parseCommand(args)).toEqual({ kind: "help" }));

test("the version is asked for with or without a command", () => {
  expect(parseCommand(["--version"])).toEqual({ kind: "version" });
  expect(parseCommand(["serve", "-v"])).toEqual({ kind: "version" });
});

test("settings are flags, with a space or an equals sign", () => {
  expect(parseCommand(["serve", "--port", "80", "--data-dir=/d", "--admin-key-file", "k"])).toEqual({
    kind: "serve",
    flags: { port: "80", "data-dir": "/d", "admin-key-file": "k" },
  });
});

test("a backup and a restore name their file, wherever the settings stand", () => {
  expect(parseCommand(["backup", "--data-dir", "/d", "a.db"])).toEqual({
    kind: "backup",
    file: "a.db",
    flags: { "data-dir": "/d" },
  });
  expect(parseCommand(["restore", "--", "--odd.db"])).toMatchObject({ kind: "restore", file: "--odd.db" });
});

test("the last of two equal flags counts", () => {
  expect(parseCommand(["config", "--port", "1", "--port", "2"])).toMatchObject({ flags: { port: "2" } });
});

const MISTAKES: readonly (readonly [args: readonly string[], problems: readonly string[]])[] = [
  [["sreve"], ['"sreve" is not a command. Did you mean "serve"?']],
  [["--port", "80"], ["Say what to do: serve, config, healthcheck, rotate-secret-key, backup, restore."]],
  [["serve", "80"], ['"80" is one word too many; settings are flags, such as --port 8787.']],
  [["backup"], ["Say which file: posthorn backup FILE."]],
  [["restore", ""], ["Say which file: posthorn restore FILE."]],
  [["restore", "a.db", "b.db"], ['"b.db" is one word too many; settings are flags, such as --port 8787.']],
  [["serve", "--prot", "80"], ["--prot is not a flag. Did you mean --port?"]],
  [["serve", "-p", "80"], ["-p is not a flag."]],
  [["serve", "--port"], ["--port needs a value: --port=…"]],
  [["serve", "--port", "--host", "::1"], ["--port needs a value: --port=…"]],
  [
    ["serve", "--admin-key", "hunter2"],
    ["--admin-key would show a secret to every user of this machine; use --admin-key-file or the environment."],
  ],
];

test.each(MISTAKES)("%j is a mistake, and says which", (args, problems) => {
  expect(problemsOf(...args)).toEqual(problems);
});

test("all mistaken flags are told at once", () => {
  expect(problemsOf("serve", "--prot=1", "--hots=x")).toHaveLength(2);
});

test("the help names every command, every setting and its flag", () => {
  const help = helpText("1.2.3");
  const words = [
    "1.2.3",
    "serve",
    "config",
    "healthcheck",
    "backup FILE",
    "restore FILE",
    ...Object.values(SETTINGS).map(({ name }) => name),
  ];
  const plainFlags = flagNames().filter((name) => !name.endsWith("-file") || !flagNames().includes(name.slice(0, -5)));
  const missing = [...words, ...plainFlags.map((name) => `--${name}`)].filter((word) => !help.includes(word));
  expect(missing).toEqual([]);
});
