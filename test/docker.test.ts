import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommand } from "../src/cli/command.ts";
import { loadConfig } from "../src/config.ts";

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

const ROOT = join(import.meta.dir, "..");
const INSTRUCTIONS = instructionsOf(readFileSync(join(ROOT, "Dockerfile"), "utf8"));
const IMAGE = INSTRUCTIONS.slice(INSTRUCTIONS.findLastIndex(({ word }) => word === "FROM"));
const IGNORED = readFileSync(join(ROOT, ".dockerignore"), "utf8").trim().split("\n");

function instructionsOf(dockerfile: string): readonly Instruction[] {
  const lines = dockerfile.replaceAll("\\\n", " ").split("\n");
  return lines.flatMap((line) => {
    const [, word, rest] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    return word === undefined || rest === undefined ? [] : [{ word, rest }];
  });
}

function saidInImage(word: string): string {
  return IMAGE.findLast((instruction) => instruction.word === word)?.rest ?? "";
}

test("the build copies only what is there and not left out", () => {
  const copies = INSTRUCTIONS.filter(({ word, rest }) => word === "COPY" && !rest.startsWith("--from"));
  const sources = copies.flatMap(({ rest }) => rest.split(/ +/).slice(0, -1));
  expect(sources).toContain("bun.lock");
  expect(sources.filter((source) => !existsSync(join(ROOT, source)) || IGNORED.includes(source))).toEqual([]);
});

test("neither secrets nor data of this checkout get into the build", () => {
  expect(IGNORED).toEqual(expect.arrayContaining([".git", "data", "node_modules", "dist"]));
});

test("the image is small, glibc, and runs as nobody in particular", () => {
  expect(saidInImage("FROM")).toMatch(/^debian:\w+-slim$/);
  expect(saidInImage("USER")).toBe("posthorn");
  expect(IMAGE.filter(({ rest }) => /npm|apt-get|curl/.test(rest))).toEqual([]);
});

test("the image's settings listen on every address and keep data in the volume", () => {
  const env = Object.fromEntries(
    saidInImage("ENV")
      .split(" ")
      .map((pair) => pair.split("=") as [string, string]),
  );
  const loaded = loadConfig({ env, flags: {}, readFile: () => "" });
  expect(loaded.ok && loaded.warnings).toEqual([]);
  expect(loaded.ok && loaded.config).toMatchObject({
    host: "0.0.0.0",
    dataDir: "/data",
    port: Number(saidInImage("EXPOSE")),
  });
  expect(saidInImage("VOLUME")).toBe("/data");
});

test("the image serves, stops on SIGTERM, and is asked for its health by the binary itself", () => {
  const [binary, ...none] = JSON.parse(saidInImage("ENTRYPOINT"));
  expect([binary, none]).toEqual(["posthorn", []]);
  expect(parseCommand(JSON.parse(saidInImage("CMD")))).toEqual({ kind: "serve", flags: {} });
  expect(saidInImage("STOPSIGNAL")).toBe("SIGTERM");
  const [, asked = ""] = /CMD (\[.*\])$/.exec(saidInImage("HEALTHCHECK")) ?? [];
  const [asker, ...args] = JSON.parse(asked);
  expect([asker, parseCommand(args)]).toEqual(["posthorn", { kind: "healthcheck", flags: {} }]);
});
