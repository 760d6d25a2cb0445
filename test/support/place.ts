import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of a test's own, empty at first and gone with the test. */
export interface Place extends Disposable {
  readonly path: string;
  /** Where Posthorn keeps everything when it is started here: made by the first start. */
  readonly dataDir: string;
}

export function emptyPlace(): Place {
  return placeIn(tmpdir());
}

/** The same in memory, where the system has such a thing: for many files of which none has to outlive anything. */
export function fleetingPlace(): Place {
  return placeIn(existsSync("/dev/shm") ? "/dev/shm" : tmpdir());
}

function placeIn(parent: string): Place {
  const path = mkdtempSync(join(parent, "posthorn-binary-"));
  return {
    path,
    dataDir: join(path, "data"),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
