import { neutral } from "./domain/neutral-text.ts";
import { closest } from "./domain/suggestion.ts";
import { type ReadFile, type Setting, show } from "./setting.ts";
import { SETTINGS } from "./settings.ts";

type Fields = typeof SETTINGS;

/** Every setting's value, checked and frozen. What each one is stands in `settings.ts`. */
export type Config = { readonly [Field in keyof Fields]: Fields[Field]["fallback"] };

/** Where a value came from, and how it was written; a secret's text is `***`. */
export interface Source {
  readonly from: string;
  readonly text: string;
}

export type Sources = Readonly<Record<keyof Config, Source>>;

export interface ConfigInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By flag name without the dashes: `data-dir`, `admin-key-file`. They win over the environment. */
  readonly flags: Readonly<Record<string, string>>;
  /** Throws as `node:fs` does. */
  readonly readFile: ReadFile;
}

export interface Loaded {
  readonly config: Config;
  readonly sources: Sources;
}

export type LoadedConfig = { readonly warnings: readonly string[] } & (
  | (Loaded & { readonly ok: true })
  | { readonly ok: false; readonly problems: readonly string[] }
);

const DEFAULT = "default";

/**
 * Reads every setting from the flags and the environment, each also as `…_FILE`; an empty value counts as not set.
 * Never stops at the first problem: each is a sentence that names the setting and what it must be.
 */
export function loadConfig(input: ConfigInput): LoadedConfig {
  const problems: string[] = [];
  const readings = Object.entries<Setting<unknown>>(SETTINGS).map(
    ([field, setting]) => [field, readSetting(setting, input, problems)] as const,
  );
  // `SETTINGS` has exactly the fields of `Config`, each parsed by its own setting; `fromEntries` cannot say so.
  const config = Object.fromEntries(readings.map(([field, { value }]) => [field, value])) as Config;
  const sources = Object.fromEntries(readings.map(([field, { source }]) => [field, source])) as Sources;
  const loaded = problems.length === 0 ? fitParts({ config, sources }, problems) : { config, sources };
  const warnings = unknownNames(input.env);
  return problems.length > 0 ? { ok: false, problems, warnings } : { ok: true, ...loaded, warnings };
}

/** `POSTHORN_DATA_DIR` as a flag, without the dashes: `data-dir`. */
export function flagName(name: string): string {
  return name
    .replace(/^POSTHORN_/, "")
    .toLowerCase()
    .replaceAll("_", "-");
}

/** Every flag that `loadConfig` knows. A secret is only taken from a file: a command line is readable by everybody. */
export function flagNames(): readonly string[] {
  return Object.values<Setting<unknown>>(SETTINGS).flatMap(({ name, secret }) =>
    secret ? [flagName(`${name}_FILE`)] : [flagName(name), flagName(`${name}_FILE`)],
  );
}

interface Reading {
  readonly value: unknown;
  readonly source: Source;
}

function readSetting(setting: Setting<unknown>, input: ConfigInput, problems: string[]): Reading {
  const fallback = { value: setting.fallback, source: { from: DEFAULT, text: setting.default } };
  const given = givenText(setting.name, input, problems);
  if (given === null) return fallback;
  const refuse = (problem: string): Reading => {
    problems.push(problem);
    return fallback;
  };
  try {
    const parsed = setting.parse(given.text, input.readFile);
    const text = setting.secret ? "***" : given.text;
    if (parsed.ok) return { value: parsed.value, source: { from: given.from, text } };
    const value = setting.secret ? `It has ${given.text.length} characters` : `It is ${show(given.text)}`;
    return refuse(`${given.from} must be ${parsed.mustBe}. ${value}; an example: ${setting.example}`);
  } catch (error) {
    return refuse(`${given.from} names a file that cannot be read: ${show(given.text)} (${reasonOf(error)}).`);
  }
}

/** The text of a setting and what to call its source, or null when it is not set. Flags first, then the environment. */
function givenText(name: string, { env, flags, readFile }: ConfigInput, problems: string[]): Source | null {
  const places = [
    {
      plain: flags[flagName(name)],
      file: flags[flagName(`${name}_FILE`)],
      label: `--${flagName(name)}`,
      suffix: "-file",
    },
    { plain: ignoredByKubernetes(name, env[name]), file: env[`${name}_FILE`], label: name, suffix: "_FILE" },
  ];
  const place = places.find(({ plain, file }) => plain || file);
  if (place === undefined) return null;
  const { plain, file, label, suffix } = place;
  if (plain && file) problems.push(`${label} and ${label}${suffix} are both set; keep one of them.`);
  if (plain) return { from: label, text: plain };
  try {
    return { from: `${label}${suffix}`, text: readFile(file ?? "").trim() };
  } catch (error) {
    problems.push(`${label}${suffix} names a file that cannot be read: ${show(file ?? "")} (${reasonOf(error)}).`);
    return null;
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EISDIR") return "it is a directory";
  return code === null && error instanceof Error ? error.message : String(code ?? "it is not readable");
}

/** For a service of our name, Kubernetes sets `POSTHORN_PORT=tcp://…` in every container. */
function ignoredByKubernetes(name: string, text: string | undefined): string | undefined {
  return name === SETTINGS.port.name && text?.startsWith("tcp://") ? undefined : text;
}

type NumberField = { [Field in keyof Config]: Config[Field] extends number ? Field : never }[keyof Config];

/** A part that was set must fit into its whole; a default part gives way, so that setting the whole alone is enough. */
const PARTS: readonly (readonly [part: NumberField, whole: NumberField])[] = [
  ["connectTimeoutMs", "timeoutMs"],
  ["concurrencyPerWebhook", "concurrency"],
];

function fitParts({ config, sources }: Loaded, problems: string[]): Loaded {
  const tooLarge = PARTS.filter(([part, whole]) => config[part] > config[whole]);
  for (const [part, whole] of tooLarge.filter(([part]) => sources[part].from !== DEFAULT)) {
    const [partText, wholeText] = [sources[part].text, sources[whole].text];
    problems.push(`${sources[part].from} (${partText}) must be at most ${SETTINGS[whole].name} (${wholeText}).`);
  }
  const fitted = <Table extends Config | Sources>(table: Table): Table =>
    Object.freeze({ ...table, ...Object.fromEntries(tooLarge.map(([part, whole]) => [part, table[whole]])) });
  return { config: fitted(config), sources: fitted(sources) };
}

const KUBERNETES_NAMES = /^POSTHORN_(SERVICE|PORT)_/;

function unknownNames(env: ConfigInput["env"]): readonly string[] {
  const known = Object.values<Setting<unknown>>(SETTINGS).flatMap(({ name }) => [name, `${name}_FILE`]);
  const given = Object.keys(env).filter((name) => name.startsWith("POSTHORN_") && !KUBERNETES_NAMES.test(name));
  return given
    .filter((name) => !known.includes(name))
    .map((name) => `${neutral(name)} is not a setting.${nearest(name, known)}`);
}

function nearest(name: string, known: readonly string[]): string {
  const bare = (each: string) => each.replace("POSTHORN_", "");
  const near = closest(bare(name), known.map(bare));
  return near === null ? " `posthorn --help` lists them." : ` Did you mean POSTHORN_${near}?`;
}
