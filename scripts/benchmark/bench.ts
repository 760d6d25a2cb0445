import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Options } from "./options.ts";

/** What the rows share: what was asked for, a place for databases, and the processes that were started. */
export class Bench implements Disposable {
  readonly options: Options;
  /** The compiled product, as it was at the start: a build that comes meanwhile does not mix two versions. */
  readonly binary: string;
  readonly say: (line: string) => void;
  readonly #place: string;
  readonly #children = new Set<Bun.Subprocess>();
  #directories = 0;

  constructor(options: Options, binary: string, say: (line: string) => void) {
    this.options = options;
    this.say = say;
    this.#place = mkdtempSync(join(options.directory, "posthorn-bench-"));
    this.binary = join(this.#place, "posthorn");
    copyFileSync(binary, this.binary);
  }

  /** A new empty directory, gone with the benchmark. */
  directory(name: string): string {
    this.#directories += 1;
    return mkdtempSync(join(this.#place, `${this.#directories}-${name}-`));
  }

  /** Has it killed when the benchmark ends, however it ends. */
  adopt<Child extends Bun.Subprocess>(child: Child): Child {
    this.#children.add(child);
    void child.exited.then(() => this.#children.delete(child));
    return child;
  }

  /** Whatever is left over: also the way out on a signal, so nothing here waits. */
  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.#place, { recursive: true, force: true });
  }
}
