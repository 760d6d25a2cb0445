import { createCipheriv, createDecipheriv } from "node:crypto";
import { sealingKeyId } from "../../../domain/sealing-key.ts";
import type { Random } from "../../../world.ts";

const VERSION = "v1";
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Where a sealed value lives; it cannot be opened anywhere else. */
export interface Place {
  readonly table: "webhooks" | "facts";
  readonly column: "secrets" | "headers" | "value";
  readonly row: string;
}

/**
 * Seals what must not be readable in the file: `v1.<key id>.<nonce>.<ciphertext>`, AES-256-GCM (NIST SP 800-38D) with the
 * place as associated data, so that a sealed value cannot be moved to another row.
 */
export class Sealer {
  readonly keyId: string;
  readonly #key: Uint8Array;
  readonly #random: Pick<Random, "bytes">;

  /** @param key 32 bytes */
  constructor(key: Uint8Array, random: Pick<Random, "bytes">) {
    this.#key = key;
    this.keyId = sealingKeyId(key);
    this.#random = random;
  }

  seal(place: Place, plain: string): string {
    const nonce = this.#random.bytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES }).setAAD(bytesOf(place));
    const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return [VERSION, this.keyId, Buffer.from(nonce).toString("base64url"), sealed.toString("base64url")].join(".");
  }

  /** @throws when it was sealed with another key, for another place, or has been changed */
  open(place: Place, text: string): string {
    const [version, keyId, nonce, sealed] = text.split(".");
    if (version !== VERSION || nonce === undefined || sealed === undefined) throw new Error("not a sealed value");
    if (keyId !== this.keyId) throw new Error("sealed with another key");
    const bytes = Buffer.from(sealed, "base64url");
    const decipher = createDecipheriv(CIPHER, this.#key, Buffer.from(nonce, "base64url"), { authTagLength: TAG_BYTES });
    decipher.setAAD(bytesOf(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString("utf8");
  }
}

/** The id is looked for among the key files by its name, and is told: so it is none but an id. */
const SEALED = new RegExp(`^${VERSION}\\.([0-9a-f]{8})\\.[\\w-]{16}\\.[\\w-]{22,}$`);

/** The id of the key that sealed a value; null when it is no sealed value. */
export function sealedBy(text: string): string | null {
  return SEALED.exec(text)?.[1] ?? null;
}

function bytesOf({ table, column, row }: Place): Uint8Array {
  return Buffer.from(`${table}.${column}.${row}`);
}
