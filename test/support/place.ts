import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of a test's own, empty at first and gone with the test. */
export interface Place extends Disposable {
  readonly path: string;
  /** Where Posthorn keeps everything when it is started here: made by the first start. */
  readonly dataDir: string;
}

export function emptyPlace(): Place {
  const path = mkdtempSync(join(tmpdir(), "posthorn-binary-"));
  return {
    path,
    dataDir: join(path, "data"),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
