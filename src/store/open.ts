import { join } from "node:path";
import type { Clock, Random } from "../world.ts";
import { type Store, StoreOpenError } from "./contract.ts";
import { DATABASE_FILE, IN_MEMORY, WRITE_AHEAD_LOG_FILE } from "./sqlite/connection.ts";
import { inThreadLinks, workerLinks } from "./sqlite/front/links.ts";
import { lockDirectory } from "./sqlite/lock.ts";
import { createSqliteStore } from "./sqlite/sqlite-store.ts";
import { disownedCommits } from "./sqlite/wal-tail.ts";

export interface StoreOptions {
  /** Where `posthorn.db` lies, or `:memory:`: then everything runs in this thread, and time passes by promises alone. */
  readonly dataDir: string;
  /** 32 bytes that seal secrets at rest. */
  readonly secretKey: Uint8Array;
  readonly random: Pick<Random, "bytes">;
  /** For the cap on reads, and to try again when the disk was full. */
  readonly clock: Pick<Clock, "after">;
  /** Told once, when the store cannot be trusted any more; nothing is acknowledged after that. */
  readonly onFatal: (error: Error) => void;
  /** Told before it opens that commits at the end of the last run are damaged or cut off, and are left out. */
  readonly onLeftOut?: (commits: number) => void;
}

/**
 * Opens the store, made or brought up to date as needed; this process alone has it until `close`.
 *
 * @throws StoreOpenError
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { dataDir, onLeftOut, ...rest } = options;
  const isInMemory = dataDir === IN_MEMORY;
  const unlock = isInMemory ? () => {} : lockDirectory(dataDir);
  try {
    if (!isInMemory) tellLeftOut(dataDir, onLeftOut);
    const links = isInMemory ? inThreadLinks() : await workerLinks(join(dataDir, DATABASE_FILE));
    return await createSqliteStore({ ...rest, ...links, unlock });
  } catch (error) {
    unlock();
    throw error instanceof StoreOpenError
      ? error
      : new StoreOpenError(`The store cannot be opened: ${error}`, { cause: error });
  }
}

function tellLeftOut(dataDir: string, onLeftOut: StoreOptions["onLeftOut"]): void {
  const commits = disownedCommits(join(dataDir, WRITE_AHEAD_LOG_FILE));
  if (commits > 0) onLeftOut?.(commits);
}
