import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseSealingKey } from "./domain/sealing-key.ts";
import type { Secret } from "./domain/secret.ts";
import { fileErrorOf } from "./file-error.ts";
import { KeyFiles } from "./key-files.ts";
import { SEALING_KEY_BYTES } from "./limits.ts";
import { closeToOthers } from "./owner-only.ts";
import { StoreOpenError } from "./store/contract.ts";
import { makeDirectory, writeDurably } from "./store/durable-files.ts";
import type { Random } from "./world.ts";

const WRITABLE_BY_OTHERS = 0o022;

/** The directory that holds everything Posthorn keeps, with the key files beside the database. */
export class DataDir {
  readonly path: string;
  readonly keyFiles: KeyFiles;

  private constructor(path: string) {
    this.path = path;
    this.keyFiles = new KeyFiles(path);
  }

  /** Creates the directory (0700) when it is missing. @throws StoreOpenError when nothing can be written there. */
  static open(path: string): DataDir {
    const absolute = resolve(path);
    try {
      makeDirectory(absolute);
      accessSync(absolute, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw new StoreOpenError(
        `The data directory ${absolute} cannot be written: make it writable for this user, or set POSTHORN_DATA_DIR.`,
        { cause },
      );
    }
    return new DataDir(absolute);
  }

  get adminKeyPath(): string {
    return join(this.path, "admin.key");
  }

  get hasDatabase(): boolean {
    return existsSync(join(this.path, "posthorn.db"));
  }

  /**
   * The 32 bytes that seal secrets at rest: the configured ones, else those of `secret.key`, which is made on the first start.
   * To be called by whoever holds the directory's lock.
   *
   * @param sealedWith the id of the key that sealed the database; null when nothing is sealed in it
   * @throws StoreOpenError when the file is damaged, or is not the one that the database was sealed with, or is gone
   */
  secretKey(sealedWith: string | null, configured: Secret | null, random: Pick<Random, "bytes">): Uint8Array {
    if (configured !== null) return keyOf(configured);
    if (sealedWith !== null) return this.keyFiles.settle(sealedWith);
    const key = this.keyFiles.read();
    if (key !== null) return key;
    if (this.hasDatabase) throw this.keyFiles.missing();
    return this.keyFiles.makeFirst(random.bytes(SEALING_KEY_BYTES));
  }

  /** Others could put files of theirs in the place of ours. */
  get isWritableByOthers(): boolean {
    return process.platform !== "win32" && (statSync(this.path).mode & WRITABLE_BY_OTHERS) !== 0;
  }

  /**
   * Makes the files in it their owner's alone.
   *
   * @returns those of them that hold keys and could be read by others until now
   */
  closeToOthers(): readonly string[] {
    return closeToOthers(this.path).filter((path) => path.startsWith(this.keyFiles.path) || path === this.adminKeyPath);
  }

  /** Leaves the first admin key where only the owner of the directory can read it. @throws StoreOpenError */
  writeAdminKey(token: string): void {
    try {
      writeDurably(this.adminKeyPath, `${token}\n`);
    } catch (cause) {
      throw fileErrorOf(cause, this.adminKeyPath, "written");
    }
  }
}

/** The setting has proved it to be one. */
export function keyOf(configured: Secret): Uint8Array {
  const key = parseSealingKey(configured.reveal());
  if (key === null) throw new Error("a configured sealing key is none");
  return key;
}
