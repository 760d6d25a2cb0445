import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { parseSealingKey, sealingKeyId } from "./domain/sealing-key.ts";
import { fileErrorOf } from "./file-error.ts";
import { readRegularFile } from "./regular-file.ts";
import { StoreOpenError } from "./store/contract.ts";
import { removeFiles, syncNames, writeDurably } from "./store/durable-files.ts";

const CURRENT = "secret.key";
const NEXT = "secret.key.next";

/**
 * The files of the sealing key: `secret.key`, the one in use; `secret.key.next`, which a rotation has made ready; and
 * `secret.key.<key id>`, earlier ones, which older backups need. Which of them is the right one the database says, by the id
 * of the key that sealed it: so a rotation may be cut off at any moment.
 *
 * To be used by whoever holds the data directory's lock.
 */
export class KeyFiles {
  readonly #directory: string;

  /** @param directory that holds them */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Of the key in use. */
  get path(): string {
    return this.#pathOf(CURRENT);
  }

  /** Of a key that is not in use any more. */
  retiredPath(key: Uint8Array): string {
    return this.#pathOf(retired(sealingKeyId(key)));
  }

  /** The key in use, or null when there is none. @throws StoreOpenError when its file is damaged */
  read(): Uint8Array | null {
    if (!existsSync(this.path)) return null;
    const key = this.#keyIn(CURRENT);
    if (key !== null) return key;
    throw new StoreOpenError(
      `${this.path} is damaged, since it must hold 32 bytes in base64 or hexadecimal: put back a copy of it, or set POSTHORN_SECRET_KEY.`,
    );
  }

  /**
   * The key that sealed a database; it is `secret.key` when this returns, and what a rotation left behind is kept with the earlier ones.
   *
   * @throws StoreOpenError when none of the files holds it
   */
  settle(keyId: string): Uint8Array {
    const current = this.read();
    if (current !== null && sealingKeyId(current) === keyId) {
      this.#changing(() => this.#retireNext());
      return current;
    }
    const other = this.#locate(keyId);
    if (other !== null) return this.#install(other.name, other.key, current);
    throw current === null ? this.missing() : this.#mistaken(keyId);
  }

  /** The key of this id, in whichever of the files it is, or null. Leaves everything as it is. */
  find(keyId: string): Uint8Array | null {
    return this.#locate(keyId)?.key ?? null;
  }

  /** Makes a key ready that is about to seal the database. */
  prepare(key: Uint8Array): void {
    this.#changing(() => writeDurably(this.#pathOf(NEXT), textOf(key)));
  }

  /** Makes the first key of a directory in which nothing is sealed yet. */
  makeFirst(key: Uint8Array): Uint8Array {
    this.prepare(key);
    return this.#install(NEXT, key, null);
  }

  missing(): StoreOpenError {
    return new StoreOpenError(
      `${this.path} is missing, and the secrets in the database cannot be opened without it: put the file back, or set POSTHORN_SECRET_KEY.`,
    );
  }

  #mistaken(keyId: string): StoreOpenError {
    return new StoreOpenError(
      `The secrets in the database were sealed with another key than that in ${this.path}: put back the one with the id ${keyId}, or set POSTHORN_SECRET_KEY to it.`,
    );
  }

  /** A rotation that was cut off: its key may have sealed a database that a restore has put aside since. */
  #retireNext(): void {
    const key = this.#keyIn(NEXT);
    if (key !== null) writeDurably(this.retiredPath(key), textOf(key));
    removeFiles(this.#pathOf(NEXT));
  }

  /** At no moment there is no `secret.key`, and the one that it replaces is on the disk before. */
  #install(name: string, key: Uint8Array, replaced: Uint8Array | null): Uint8Array {
    this.#changing(() => {
      if (replaced !== null) writeDurably(this.retiredPath(replaced), textOf(replaced));
      renameSync(this.#pathOf(name), this.path);
      syncNames(this.path);
    });
    return key;
  }

  #changing(change: () => void): void {
    try {
      change();
    } catch (cause) {
      throw fileErrorOf(cause, this.#directory, "written");
    }
  }

  #locate(keyId: string): { readonly name: string; readonly key: Uint8Array } | null {
    for (const name of [CURRENT, NEXT, retired(keyId)]) {
      const key = this.#keyIn(name);
      if (key !== null && sealingKeyId(key) === keyId) return { name, key };
    }
    return null;
  }

  /** Null when there is no such file, or no key in it: it may have been cut off while it was written. */
  #keyIn(name: string): Uint8Array | null {
    const path = this.#pathOf(name);
    if (!existsSync(path)) return null;
    try {
      return parseSealingKey(readRegularFile(path).trim());
    } catch (cause) {
      throw fileErrorOf(cause, path, "read");
    }
  }

  #pathOf(name: string): string {
    return join(this.#directory, name);
  }
}

function retired(keyId: string): string {
  return `${CURRENT}.${keyId}`;
}

function textOf(key: Uint8Array): string {
  return `${Buffer.from(key).toString("base64")}\n`;
}
