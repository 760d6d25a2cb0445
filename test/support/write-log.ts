import { closeSync, openSync, readdirSync, readFileSync, realpathSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { compiledShim } from "./shim.ts";

/** One thing that happened to the files of a directory, or that was acknowledged, in the order of their happening. */
export type LogRecord =
  | { readonly kind: "write"; readonly name: string; readonly offset: number; readonly data: Uint8Array }
  | { readonly kind: "truncate"; readonly name: string; readonly bytes: number }
  /** All writes of the file so far are on the disk. */
  | { readonly kind: "sync"; readonly name: string }
  /** So is all of this file, of which the writes were not seen. */
  | { readonly kind: "content"; readonly name: string; readonly data: Uint8Array }
  /** None of the writes of the file that were not synced will ever be, although they can be read. */
  | { readonly kind: "failed-sync"; readonly name: string }
  | { readonly kind: "unlink"; readonly name: string }
  | { readonly kind: "rename" | "link"; readonly name: string; readonly to: string }
  /** Which files there are is on the disk. */
  | { readonly kind: "sync-directory" }
  | { readonly kind: "acknowledged"; readonly fact: unknown };

/** As in shims/recorder.c. */
const DOOMS = { kill: "k", fail: "f", none: "" };
const SYNC_DIRECTORY = 5;
const CONTENT = 6;
const ACKNOWLEDGED = 7;
const HEAD_BYTES = 24;

/**
 * What shims/recorder.c writes while Posthorn runs under it. The test adds what was acknowledged, at the moment when it had
 * read the answer: since both only append to one file, their order is the order in which it all happened.
 */
export class WriteLog implements Disposable {
  readonly #path: string;
  readonly #doom: string;
  readonly #file: number;

  /** @param directory where the log itself lies */
  constructor(directory: string) {
    this.#path = join(directory, "writes.log");
    this.#doom = join(directory, "doom");
    this.doom("none");
    writeFileSync(this.#path, "");
    this.#file = openSync(this.#path, "a");
  }

  /** What makes a program record the files of `directory`. */
  settings(directory: string): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: compiledShim("recorder"),
      RECORD_DIR: realpathSync(directory),
      RECORD_LOG: this.#path,
      RECORD_DOOM: this.#doom,
    };
  }

  acknowledge(fact: unknown): void {
    this.#append(ACKNOWLEDGED, "", Buffer.from(JSON.stringify(fact)));
  }

  /** What happens where the program would sync the database next. */
  doom(doom: "kill" | "fail" | "none"): void {
    writeFileSync(this.#doom, DOOMS[doom]);
  }

  /** Takes the files of `directory` as they are now, all of them on the disk: after a change that nobody recorded. */
  snapshot(directory: string): void {
    for (const name of readdirSync(directory)) this.#append(CONTENT, name, readFileSync(join(directory, name)));
    this.#append(SYNC_DIRECTORY, "", Buffer.alloc(0));
  }

  #append(kind: number, name: string, data: Buffer): void {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(kind, 0);
    head.writeUInt32LE(Buffer.byteLength(name), 4);
    head.writeBigUInt64LE(BigInt(data.length), 16);
    writeSync(this.#file, Buffer.concat([head, Buffer.from(name), data]));
  }

  records(): readonly LogRecord[] {
    return parse(readFileSync(this.#path));
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

function parse(log: Buffer): LogRecord[] {
  const records: LogRecord[] = [];
  for (let at = 0; at < log.length; ) {
    const nameAt = at + HEAD_BYTES;
    const dataAt = nameAt + log.readUInt32LE(at + 4);
    const end = dataAt + Number(log.readBigUInt64LE(at + 16));
    const name = log.toString("utf8", nameAt, dataAt);
    const offset = Number(log.readBigUInt64LE(at + 8));
    records.push(recordOf(log.readUInt32LE(at), name, offset, log.subarray(dataAt, end)));
    at = end;
  }
  return records;
}

function recordOf(kind: number, name: string, offset: number, data: Buffer): LogRecord {
  switch (kind) {
    case 1:
      return { kind: "write", name, offset, data };
    case 2:
      return { kind: "truncate", name, bytes: offset };
    case 3:
      return { kind: "sync", name };
    case 4:
      return { kind: "unlink", name };
    case SYNC_DIRECTORY:
      return { kind: "sync-directory" };
    case CONTENT:
      return { kind: "content", name, data };
    case 8:
      return { kind: "failed-sync", name };
    case 9:
      return { kind: "rename", name, to: data.toString() };
    case 10:
      return { kind: "link", name, to: data.toString() };
    case ACKNOWLEDGED:
      return { kind: "acknowledged", fact: JSON.parse(data.toString()) };
    default:
      throw new Error(`the recorder wrote a record of kind ${kind}`);
  }
}
