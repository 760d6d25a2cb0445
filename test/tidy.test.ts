import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { sourceFile, sourceFiles } from "./support/source-file.ts";
import * as rules from "./support/style-rules.ts";

const SOURCES = sourceFiles("src");
const TESTS = sourceFiles("test");
const SCRIPTS = sourceFiles("scripts");
const ALL = [...SOURCES, ...TESTS, ...SCRIPTS];

/** Each rule with where it holds, and small files that break it. A `~` is left out: so no other check trips over them. */
const RULES: readonly {
  readonly promise: string;
  readonly rule: rules.Rule;
  readonly holdsIn: typeof SOURCES;
  readonly broken: readonly Readonly<Record<string, string>>[];
}[] = [
  {
    promise: "imports point one way",
    rule: rules.importsPointOneWay,
    holdsIn: SOURCES,
    broken: [
      { "src/domain/a.ts": 'import { b } from "../log.ts"; b();' },
      { "src/domain/a.ts": 'import "../world.ts";' },
      { "src/http/a.ts": 'import { Sender } from "../delivery/sender.ts"; new Sender();' },
      { "src/http/a.ts": 'export * from "../store/contract.ts";' },
      { "src/delivery/a.ts": 'const store = await import("../store/open.ts");' },
      { "src/delivery/a.ts": 'import { Elysia } from "elysia"; new Elysia();' },
      { "src/store/sqlite/a.ts": 'import { log } from "../../log.ts"; log();' },
      { "src/limits.ts": 'import { a } from "./domain/a.ts"; a();' },
      { "src/real/a.ts": 'import { buildService } from "../service.ts"; buildService();' },
    ],
  },
  {
    promise: "imports make no cycle",
    rule: rules.importsMakeNoCycle,
    holdsIn: ALL,
    broken: [
      { "src/a.ts": 'import "./b.ts";', "src/b.ts": 'import "./c/d.ts";', "src/c/d.ts": 'import "../a.ts";' },
      { "src/a.ts": 'import "./a.ts";' },
    ],
  },
  {
    promise: "Elysia stays in http",
    rule: rules.elysiaStaysInHttp,
    holdsIn: SOURCES,
    broken: [
      { "src/service.ts": 'import { Elysia } from "elysia"; new Elysia();' },
      { "src/config.ts": 'import { Type } from "@sinclair/typebox"; Type.Any();' },
    ],
  },
  {
    promise: "SQL stays in store/sqlite",
    rule: rules.sqlStaysInSqlite,
    holdsIn: SOURCES,
    broken: [
      { "src/service.ts": 'import { Database } from "bun:sqlite"; new Database();' },
      { "src/http/a.ts": 'run("SELECT id FROM webhooks");' },
      { "src/store/open.ts": "run(`PRAGMA user_version`);" },
    ],
  },
  {
    promise: "the environment is read by main alone",
    rule: rules.environmentStaysInMain,
    holdsIn: SOURCES,
    broken: [{ "src/service.ts": 'start(process.env["PORT"]);' }, { "src/http/a.ts": "start(Bun.env.PORT);" }],
  },
  {
    promise: "clock, chance and network stay in real",
    rule: rules.worldStaysInReal,
    holdsIn: SOURCES,
    broken: [
      { "src/domain/a.ts": "use(Date.now());" },
      { "src/domain/a.ts": "use(new Date());" },
      { "src/domain/a.ts": "use(Math.random());" },
      { "src/delivery/a.ts": "set~Timeout(use, 1);" },
      { "src/delivery/a.ts": "await Bun.sl~eep(1);" },
      { "src/delivery/a.ts": "use(performance.now());" },
      { "src/delivery/a.ts": 'await fetch("https://a.example");' },
      { "src/http/a.ts": 'import { lookup } from "node:dns/promises"; lookup();' },
      { "src/http/a.ts": 'import { connect } from "node:net"; connect();' },
      { "src/store/sqlite/a.ts": 'import { randomBytes } from "node:crypto"; randomBytes(1);' },
    ],
  },
  {
    promise: "whoever sends a key learns nothing of another by the time that it takes",
    rule: rules.secretsAreComparedInConstantTime,
    holdsIn: SOURCES,
    broken: [
      { "src/http/a.ts": "const isKnown = (hash: string) => hash === configured;" },
      { "src/http/a.ts": "if (expected !== key.tokenHash) refuse();" },
    ],
  },
  {
    promise: "a file is one noun, of at most 250 lines",
    rule: rules.filesAreOneNoun,
    holdsIn: SOURCES,
    broken: [{ "src/a.ts": "use();\n".repeat(251) }],
  },
  {
    promise: "a file bears the name of its noun",
    rule: rules.filesBearTheirNoun,
    holdsIn: ALL,
    broken: ["utils", "helpers", "common", "types", "index"].map((name) => ({ [`src/http/${name}.ts`]: "use();" })),
  },
  {
    promise: "nothing is left over to be done",
    rule: rules.nothingIsLeftOver,
    holdsIn: ALL,
    broken: [{ "src/a.ts": "// TO~DO: later" }, { "src/a.ts": "// FIX~ME" }],
  },
  {
    promise: "modules keep no state",
    rule: rules.modulesKeepNoState,
    holdsIn: ALL,
    broken: [
      { "src/a.ts": "let count = 0; export const next = () => ++count;" },
      { "src/a.ts": "export let open = true;" },
    ],
  },
  {
    promise: "exports have names",
    rule: rules.exportsHaveNames,
    holdsIn: ALL,
    broken: [{ "src/a.ts": "export default 1;" }, { "src/a.ts": "const a = 1; export { a as default };" }],
  },
  {
    promise: "a consumer names at most eight verbs of the store",
    rule: rules.consumersNameTheirSlice,
    holdsIn: SOURCES,
    broken: [
      { "src/a.ts": `type Slice = Pick<Store, ${Array.from({ length: 9 }, (_, verb) => `"${verb}"`).join(" | ")}>;` },
    ],
  },
  {
    promise: "tests wait for conditions, not for time",
    rule: rules.testsDoNotSleep,
    holdsIn: TESTS,
    broken: [{ "test/http/a.test.ts": "await Bun.sl~eep(10);" }, { "test/a.test.ts": "set~Timeout(done, 10);" }],
  },
  {
    promise: "every test runs",
    rule: rules.testsAllRun,
    holdsIn: TESTS,
    broken: ["skip", "only", "todo"].map((way) => ({ "test/a.test.ts": `test.~${way}("a", () => {});` })),
  },
];

for (const { promise, rule, holdsIn, broken } of RULES) {
  describe(promise, () => {
    test("holds", () => expect(rule(holdsIn)).toEqual([]));

    test.each(broken.map((files) => [Object.values(files).join(" ").slice(0, 80).replaceAll("\n", " "), files]))(
      "sees %s",
      (_, files) => {
        const bad = Object.entries(files).map(([path, text]) => sourceFile(path, text.replaceAll("~", "")));
        expect(rule(bad)).not.toEqual([]);
      },
    );
  });
}

test("comments and types may name what code may not use", () => {
  const file = sourceFile("src/domain/a.ts", '/** As Date.now(). */ import type { World } from "../world.ts";');
  expect([rules.worldStaysInReal([file]), rules.importsPointOneWay([file])]).toEqual([[], []]);
});

test("the top level holds what a reader looks for, and no more", () => {
  const made = ["node_modules", "dist", "data", "bun.lock"];
  const shown = readdirSync(join(import.meta.dir, "..")).filter(
    (name) => !name.startsWith(".") && !made.includes(name),
  );
  expect(shown.sort()).toEqual(
    ["Dockerfile", "README.md", "bunfig.toml", "package.json", "scripts", "src", "test", "tsconfig.json"].sort(),
  );
});
