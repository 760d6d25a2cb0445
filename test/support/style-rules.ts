import { findCycle } from "./import-cycle.ts";
import type { SourceFile } from "./source-file.ts";

/** What a rule finds wrong, one line each. */
export type Rule = (files: readonly SourceFile[]) => readonly string[];

const LINES_MAX = 250;
const STORE_VERBS_MAX = 8;

/** Who may import whom at run time; `packages` are those that it may use. A file that is not listed may import anything. */
const LAYERS: readonly { readonly from: RegExp; readonly to: RegExp; readonly packages: RegExp }[] = [
  { from: /^src\/(limits|setting-limits|world)\.ts$/, to: /^$/, packages: /^$/ },
  { from: /^src\/domain\//, to: /^src\/(domain\/|limits\.ts$)/, packages: /^node:crypto$/ },
  { from: /^src\/store\/contract\.ts$/, to: /^src\/(domain\/|limits\.ts$)/, packages: /^$/ },
  {
    from: /^src\/store\/[\w-]+\.ts$/,
    to: /^src\/(domain\/|limits\.ts$|store\/)/,
    packages: /^node:(path|fs)$/,
  },
  {
    from: /^src\/store\/sqlite\//,
    to: /^src\/(domain\/|limits\.ts$|store\/contract\.ts$|store\/sqlite\/)/,
    packages: /^(bun:sqlite|node:(fs|path|crypto|worker_threads))$/,
  },
  { from: /^src\/delivery\//, to: /^src\/(domain\/|limits\.ts$|delivery\/)/, packages: /^croner$/ },
  {
    from: /^src\/http\//,
    to: /^src\/(domain\/|limits\.ts$|http\/)/,
    packages: /^(elysia|@elysiajs\/.*|@sinclair\/typebox.*|prom-client|swagger-ui-dist\/.*|node:crypto)$/,
  },
  { from: /^src\/real\//, to: /^src\/(domain\/|limits\.ts$|world\.ts$|real\/)/, packages: /./ },
];

export const importsPointOneWay: Rule = (files) =>
  files.flatMap(({ path, imports }) => {
    const layer = LAYERS.find(({ from }) => from.test(path));
    const isAllowed = (target: string) => (isOurs(target) ? layer?.to : layer?.packages)?.test(target) ?? true;
    return imports.filter((target) => !isAllowed(target)).map((target) => `${path} imports ${target}`);
  });

function isOurs(target: string): boolean {
  return /^(src|test|scripts|package\.json)/.test(target);
}

export const importsMakeNoCycle: Rule = (files) => {
  const cycle = findCycle(new Map(files.map(({ path, imports }) => [path, imports])));
  return cycle === null ? [] : [cycle.join(" → ")];
};

export const elysiaStaysInHttp = packagesOnlyIn(/^(elysia|@elysiajs\/|@sinclair\/typebox)/, /^src\/http\//);

export const sqlStaysInSqlite: Rule = (files) => [
  ...packagesOnlyIn(/^bun:sqlite$/, /^src\/store\/sqlite\//)(files),
  ...codeOnlyIn(
    /\b(SELECT\s[^;"`]*\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE|PRAGMA\s)/,
    /^src\/store\/sqlite\//,
  )(files),
];

export const environmentStaysInMain = codeOnlyIn(
  /\b(process|Bun)\.env\b|import\.meta\.env\b/,
  /^src\/(config|main)\.ts$/,
);

/** The world comes in as an object, so that a test can hold its clock, its chance and its network. */
export const worldStaysInReal: Rule = (files) => [
  ...codeOnlyIn(
    new RegExp(
      [
        /\bDate\.now\b|\bnew Date\(\)|\bnew Date\b(?!\()|\bperformance\.now\b|\bBun\.nanoseconds\b/,
        /\b(setTimeout|setInterval)\b|\bBun\.sleep|\bAbortSignal\.timeout\b/,
        /\bMath\.random\b|\bgetRandomValues\b|\brandom(Bytes|Fill|FillSync|Int|UUID|UUIDv7|UUIDv5)\b/,
        /(?<![.\w])fetch\((?![^()]*\)\s*\{)|\bnew WebSocket\b|\bBun\.(connect|listen|udpSocket|dns)\b/,
      ]
        .map(({ source }) => source)
        .join("|"),
    ),
    /^src\/real\//,
  )(files),
  ...packagesOnlyIn(
    /^(node:)?(dns|net|tls|http|https|http2|dgram|timers)(\/promises)?$|^undici/,
    /^src\/real\//,
  )(files),
];

/** How far `===` gets tells how much of a guess is right; only that there is none may be asked by it. */
export const secretsAreComparedInConstantTime = codeOnlyIn(
  /(hash|token|secret|cookie)\w* [!=]== (?!null|undefined)|[!=]== [\w.]*(hash|token|secret|cookie)/i,
  /^(?!src\/http\/)/,
);

export const filesAreOneNoun: Rule = (files) =>
  files
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ path, lines }) => `${path} has ${lines} lines`);

export const filesBearTheirNoun: Rule = (files) =>
  files
    .map(({ path }) => path)
    .filter((path) => /(^|\/)(utils?|helpers?|common|types?|index|misc|lib|shared)(\.|\/)/.test(path));

export const nothingIsLeftOver = textNowhere(
  new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].join("|")})\\b`),
);

export const modulesKeepNoState = codeOnlyIn(/^(export )?(let|var) /m, /^$/);

export const exportsHaveNames = codeOnlyIn(/^export default\b|^export \{[^}]*\bas default\b/m, /^$/);

/** So that a fake is three lines. */
export const consumersNameTheirSlice: Rule = (files) =>
  files.flatMap(({ path, text }) =>
    [...text.matchAll(/\bPick<\s*Store,([^>]*)>/g)]
      .map(([, verbs = ""]) => verbs.split("|").filter((verb) => verb.includes('"')).length)
      .filter((verbs) => verbs > STORE_VERBS_MAX)
      .map((verbs) => `${path} takes ${verbs} verbs of the store`),
  );

/** Tests wait for conditions; only what drives real processes may wait for time. */
export const testsDoNotSleep = codeOnlyIn(
  /\b(setTimeout|setInterval)\b|\bBun\.sleep/,
  /^test\/(support|torture|binary|tidy\.test\.ts)/,
);

/** `skipIf` names what is missing on this machine, and is counted; these would go unseen. */
export const testsAllRun = codeOnlyIn(/\b(test|it|describe)\.(skip|only|todo|failing)\b/, /^$/);

function packagesOnlyIn(packages: RegExp, home: RegExp): Rule {
  return (files) =>
    files
      .filter(({ path }) => !home.test(path))
      .flatMap(({ path, imports }) =>
        imports.filter((each) => packages.test(each)).map((each) => `${path} imports ${each}`),
      );
}

function codeOnlyIn(pattern: RegExp, home: RegExp): Rule {
  return (files) =>
    files
      .filter(({ path }) => !home.test(path))
      .flatMap(({ path, code }) => [code.match(pattern)?.[0]].flatMap((found) => (found ? [`${path}: ${found}`] : [])));
}

function textNowhere(pattern: RegExp): Rule {
  return (files) => files.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
}
