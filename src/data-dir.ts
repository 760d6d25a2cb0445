import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Secret } from "./domain/secret.ts";
import { StoreOpenError } from "./store/contract.ts";
import type { Random } from "./world.ts";

const SECRET_KEY_BYTES = 32;
const OWNER_ONLY = 0o600;

/** The directory that holds everything Posthorn keeps, with the key files beside the database. */
export class DataDir {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
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

  /**
   * The 32 bytes that seal secrets at rest: the configured ones, else those of `secret.key`, which is made on the first start.
   *
   * @throws StoreOpenError when the file is damaged, or is gone while there is a database that was sealed with it
   */
  secretKey(configured: Secret | null, random: Pick<Random, "bytes">): Uint8Array {
    if (configured !== null) return decodeKey(configured.reveal(), "POSTHORN_SECRET_KEY");
    const path = join(this.path, "secret.key");
    if (existsSync(path)) return decodeKey(readFileSync(path, "utf8"), path);
    if (existsSync(join(this.path, "posthorn.db"))) {
      throw new StoreOpenError(
        `${path} is missing, and the secrets in the database cannot be opened without it: put the file back, or set POSTHORN_SECRET_KEY.`,
      );
    }
    const key = random.bytes(SECRET_KEY_BYTES);
    writeDurably(path, `${Buffer.from(key).toString("base64")}\n`, "wx");
    return key;
  }

  /** Leaves the first admin key where only the owner of the directory can read it. */
  writeAdminKey(token: string): void {
    writeDurably(this.adminKeyPath, `${token}\n`, "w");
  }
}

/** Every directory that it makes outlives a loss of power. */
function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) syncDirectory(dirname(made));
}

/** On the disk when it returns, name and all: no row may outlive the key that opens it. */
function writeDurably(path: string, text: string, flag: "w" | "wx"): void {
  writeFileSync(path, text, { mode: OWNER_ONLY, flag, flush: true });
  syncDirectory(dirname(path));
}

/** Where a directory cannot be synced (on Windows, or without the right to list it) the system is trusted, as SQLite does. */
function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, "r");
    fsyncSync(directory);
    closeSync(directory);
  } catch {
    return;
  }
}

/** 32 bytes, in base64 or hexadecimal. */
function decodeKey(text: string, source: string): Uint8Array {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, "hex") : Buffer.from(trimmed, "base64");
  if (bytes.length === SECRET_KEY_BYTES) return new Uint8Array(bytes);
  throw new StoreOpenError(`${source} must hold ${SECRET_KEY_BYTES} bytes in base64 or hexadecimal: it does not.`);
}
