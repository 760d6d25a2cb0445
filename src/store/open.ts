import { join } from "node:path";
import { sealingKeyId } from "../domain/sealing-key.ts";
import { DISK_LOOK_MS } from "../limits.ts";
import type { Clock, Random } from "../world.ts";
import { type Store, StoreOpenError } from "./contract.ts";
import { FileWatch } from "./file-watch.ts";
import { clearUpRestore } from "./replacement.ts";
import { DATABASE_FILE, IN_MEMORY, WRITE_AHEAD_LOG_FILE } from "./sqlite/connection.ts";
import { inThreadLinks, workerLinks } from "./sqlite/front/links.ts";
import { otherKeyError, sealedWith } from "./sqlite/key-check.ts";
import { isLockMissed, LOCK_FILE, lockDirectory } from "./sqlite/lock.ts";
import { createSqliteStore } from "./sqlite/sqlite-store.ts";
import { disownedCommits } from "./sqlite/wal-tail.ts";

export interface StoreOptions {
  /** Where `posthorn.db` lies, or `:memory:`: then everything runs in this thread, and time passes by promises alone. */
  readonly dataDir: string;
  /** 32 bytes that seal secrets at rest, or who chooses them once the directory is ours. */
  readonly secretKey: Uint8Array | ChooseKey;
  readonly random: Pick<Random, "bytes">;
  /** For the cap on reads, to try again what could not be written, and to look after the files. */
  readonly clock: Pick<Clock, "after">;
  /** Told once, when the store cannot be trusted any more; nothing is acknowledged after that. */
  readonly onFatal: (error: Error) => void;
  /** Told when another program begins to hold the database, so that writes are refused, and when it does so no more. */
  readonly onBusy?: (isBusy: boolean) => void;
  /** Told before it opens that commits at the end of the last run are damaged or cut off, and are left out. */
  readonly onLeftOut?: (commits: number) => void;
}

/** @param sealedWith the id of the key that sealed the database; null when nothing is sealed in it yet */
export type ChooseKey = (sealedWith: string | null) => Uint8Array;

/**
 * Opens the store, made or brought up to date as needed; this process alone has it until `close`.
 *
 * @throws StoreOpenError
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { dataDir, onLeftOut, ...others } = options;
  const isInMemory = dataDir === IN_MEMORY;
  const held = isInMemory ? null : await holdDirectory(dataDir, options.clock);
  const unlock = held?.unlock ?? (() => {});
  try {
    if (!isInMemory) {
      clearUpRestore(dataDir);
      tellLeftOut(dataDir, onLeftOut);
    }
    const path = join(dataDir, DATABASE_FILE);
    const secretKey = fittingKey(options.secretKey, isInMemory ? null : sealedWith(path));
    const links = isInMemory ? inThreadLinks() : await workerLinks(path);
    held?.files.add(path);
    const watch = (onLost: (reason: string) => void) => held?.files.start(onLost);
    return await createSqliteStore({ ...others, ...links, secretKey, unlock, watch });
  } catch (error) {
    unlock();
    throw error instanceof StoreOpenError
      ? error
      : new StoreOpenError(`The store cannot be opened: ${error}`, { cause: error });
  }
}

/** Three looks of whoever had a lock that somebody removed: until then it has noticed, and has ended. */
const OTHERS_NOTICE_MS = 3 * DISK_LOOK_MS;

/** The lock, and the watch over what makes it ours. */
async function holdDirectory(dataDir: string, clock: StoreOptions["clock"]) {
  const isMissed = isLockMissed(dataDir);
  const release = lockDirectory(dataDir);
  const files = new FileWatch(clock);
  files.add(join(dataDir, LOCK_FILE));
  const unlock = () => {
    files.stop();
    release();
  };
  if (isMissed) await new Promise<void>((resolve) => clock.after(OTHERS_NOTICE_MS, resolve));
  return { files, unlock };
}

/** Another key is refused before anything is written, be it only a migration. */
function fittingKey(secretKey: StoreOptions["secretKey"], keyId: string | null): Uint8Array {
  const key = typeof secretKey === "function" ? secretKey(keyId) : secretKey;
  const atHand = sealingKeyId(key);
  if (keyId !== null && atHand !== keyId) throw otherKeyError(atHand, keyId);
  return key;
}

function tellLeftOut(dataDir: string, onLeftOut: StoreOptions["onLeftOut"]): void {
  const commits = disownedCommits(join(dataDir, WRITE_AHEAD_LOG_FILE));
  if (commits > 0) onLeftOut?.(commits);
}
