import { type Database, SQLiteError } from "bun:sqlite";
import { sealingKeyId } from "../../domain/sealing-key.ts";
import type { Random } from "../../world.ts";
import { StoreOpenError } from "../contract.ts";
import { FactTable } from "./facts.ts";
import { Sealer } from "./front/sealer.ts";
import { assertOpens, KEY_CHECK, sealedWith } from "./key-check.ts";
import { sealAnew } from "./rotation.ts";

/** The sealing keys that there are where a backup is restored. */
export interface KeysAtHand {
  /** The one with this id, or null. */
  readonly find: (keyId: string) => Uint8Array | null;
  /** The one that a new database would be sealed with; null: one that is still to be made. */
  readonly current: () => Uint8Array | null;
}

/** The key was changed between the backup and the restore. */
export interface KeyChange {
  readonly backupKeyId: string;
  readonly currentKeyId: string;
  /** What is restored is sealed with the current key; else that one is not at hand, and the backup's is in use again. */
  readonly isResealed: boolean;
}

/** What seals a backup, and what is to seal it: so that a key that was given up stays given up. */
export class BackupSeal {
  readonly #file: string;
  readonly #keyId: string;
  readonly #sealer: Sealer;

  private constructor(file: string, keyId: string, sealer: Sealer) {
    this.#file = file;
    this.#keyId = keyId;
    this.#sealer = sealer;
  }

  /**
   * @param file as it was named
   * @param copy of it, which is read
   * @returns null when nothing is sealed in it
   * @throws StoreOpenError when its key is not at hand
   */
  static of(file: string, copy: string, keys: KeysAtHand, random: Pick<Random, "bytes">): BackupSeal | null {
    const keyId = sealedWith(copy);
    if (keyId === null) return null;
    const key = keys.find(keyId);
    if (key !== null) return new BackupSeal(file, keyId, new Sealer(key, random));
    throw new StoreOpenError(
      `${file} was sealed with the key of the id ${keyId}, which is not at hand: set POSTHORN_SECRET_KEY to it, or put its file back as secret.key in the data directory.`,
    );
  }

  /**
   * Seals it with the current key, which is the one of the database that is replaced.
   *
   * @param db the copy, open for writing
   * @param replacedKeyId null when there is no such database; then the key for a new one is the current
   * @returns null when that is the backup's own
   * @throws StoreOpenError when its own key does not open what it holds
   */
  renew(db: Database, replacedKeyId: string | null, keys: KeysAtHand, random: Pick<Random, "bytes">): KeyChange | null {
    assertOpens(this.#sealer, new FactTable(db).get(KEY_CHECK) ?? "");
    const key = replacedKeyId === null ? keys.current() : keys.find(replacedKeyId);
    const currentKeyId = replacedKeyId ?? (key === null ? this.#keyId : sealingKeyId(key));
    if (currentKeyId === this.#keyId) return null;
    if (key !== null) this.#reseal(db, new Sealer(key, random));
    return { backupKeyId: this.#keyId, currentKeyId, isResealed: key !== null };
  }

  #reseal(db: Database, to: Sealer): void {
    try {
      db.run("PRAGMA secure_delete = ON");
      db.transaction(() => sealAnew(db, this.#sealer, to)).immediate();
    } catch (cause) {
      if (cause instanceof StoreOpenError || cause instanceof SQLiteError) throw cause;
      throw new StoreOpenError(
        `Nothing was restored: ${this.#file} holds a webhook whose secret or headers its own key does not open.`,
        { cause },
      );
    }
  }
}
