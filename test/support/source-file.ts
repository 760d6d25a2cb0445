import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A file of ours, as the rules of style see it. */
export interface SourceFile {
  /** From the top of the repository: `src/domain/ids.ts`. */
  readonly path: string;
  readonly text: string;
  /** Without comments and types. */
  readonly code: string;
  /** What it imports at run time: paths as above, or names of packages. */
  readonly imports: readonly string[];
}

const ROOT = join(import.meta.dir, "../..");
const TRANSPILER = new Bun.Transpiler({ loader: "ts" });

/** Every TypeScript file in these folders of the repository. */
export function sourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  const present = folders.filter((folder) => existsSync(join(ROOT, folder)));
  const paths = present.flatMap((folder) => [...new Bun.Glob(`${folder}/**/*.ts`).scanSync({ cwd: ROOT })]);
  const ours = paths.filter((path) => !path.endsWith(".d.ts")).sort();
  return ours.map((path) => sourceFile(path, readFileSync(join(ROOT, path), "utf8")));
}

export function sourceFile(path: string, text: string): SourceFile {
  const imports = TRANSPILER.scanImports(text).map((each) => resolved(path, each.path));
  return { path, text, code: TRANSPILER.transformSync(text), imports };
}

function resolved(from: string, specifier: string): string {
  return specifier.startsWith(".") ? join(dirname(from), specifier) : specifier;
}
