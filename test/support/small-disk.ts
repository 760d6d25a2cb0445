import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Place } from "./place.ts";

/** A file system of its own that a test can fill up. */
export interface SmallDisk extends Place {
  /** Takes all the room there is, but for about `leftBytes`. */
  fill(leftBytes: number): void;
  /** Gives it back. */
  clear(): void;
}

/** Why a small disk cannot be made here, or null when it can. */
export function smallDiskProblem(): string | null {
  try {
    smallDisk(1_024 * 1_024)[Symbol.dispose]();
    return null;
  } catch (error) {
    return String(error);
  }
}

/** @throws when this user may not mount anything */
export function smallDisk(bytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), "posthorn-disk-"));
  const mount = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", `size=${bytes},mode=0700`, "tmpfs", path]);
  if (!mount.success) {
    rmSync(path, { recursive: true });
    throw new Error(`a small file system cannot be mounted: ${mount.stderr.toString().trim()}`);
  }
  const ballast = join(path, "ballast");
  return {
    path,
    dataDir: join(path, "data"),
    fill(leftBytes) {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - leftBytes)));
    },
    clear: () => rmSync(ballast),
    [Symbol.dispose]() {
      Bun.spawnSync(["umount", "--lazy", path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}
