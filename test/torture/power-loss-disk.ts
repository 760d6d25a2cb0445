import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SeededRandom } from "../support/seeded-random.ts";
import type { LogRecord } from "../support/write-log.ts";

/** What a disk writes as a whole or not at all. */
const SECTOR_BYTES = 512;

/** What became of the writes that were not synced when the power failed. */
export const FATES = ["dropped", "in part", "torn", "all but the last"] as const;
export type Fate = (typeof FATES)[number];

type Change = Extract<LogRecord, { readonly kind: "write" | "truncate" }>;

/** A file: what is certainly on the disk, and what may be. */
interface DiskFile {
  synced: Buffer;
  unsynced: Change[];
}

type Directory = ReadonlyMap<string, DiskFile>;

/** A disk that loses power: it takes records in their order, and tells at any moment what it could hold afterwards. */
export class MortalDisk {
  #synced: Directory = new Map();
  #seen = new Map<string, DiskFile>();
  /** New names by what they were before, since the directory was synced. */
  #renamed = new Map<string, string>();

  take(record: LogRecord): void {
    switch (record.kind) {
      case "write":
      case "truncate":
        this.#file(record.name).unsynced.push(record);
        return;
      case "sync":
        this.#sync(this.#file(record.name));
        return;
      case "failed-sync":
        this.#file(record.name).unsynced = [];
        return;
      case "content":
        Object.assign(this.#file(record.name), { synced: Buffer.from(record.data), unsynced: [] });
        return;
      case "unlink":
        this.#seen.delete(record.name);
        return;
      case "rename":
        this.#rename(record.name, record.to);
        return;
      case "link":
        this.#seen.set(record.to, this.#file(record.name));
        return;
      case "sync-directory":
        this.#synced = new Map(this.#seen);
        this.#renamed.clear();
        return;
      case "acknowledged":
    }
  }

  /** Writes into `directory` what there may be after a loss of power now; `fate` is that of whatever was not synced. */
  writeImage(directory: string, fate: Fate, random: SeededRandom): void {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const written = new Map<DiskFile, string>();
    for (const [name, file] of this.#surviving(random)) {
      const path = join(directory, name);
      const other = written.get(file);
      if (other === undefined) writeFileSync(path, survivor(file, fate, random));
      else linkSync(other, path);
      written.set(file, path);
    }
  }

  #file(name: string): DiskFile {
    const file = this.#seen.get(name) ?? { synced: Buffer.alloc(0), unsynced: [] };
    this.#seen.set(name, file);
    return file;
  }

  #rename(from: string, to: string): void {
    this.#seen.set(to, this.#file(from));
    this.#seen.delete(from);
    this.#renamed.set(to, from);
  }

  #sync(file: DiskFile): void {
    file.synced = applied(file.synced, file.unsynced);
    file.unsynced = [];
  }

  /** A file that came or went since the directory was synced may be there or not; one that was renamed, under either name. */
  #surviving(random: SeededRandom): Directory {
    const names = new Set([...this.#synced.keys(), ...this.#seen.keys()]);
    const isDone = new Map<string, boolean>();
    return new Map(
      [...names].flatMap((name) => {
        const change = this.#renamed.get(name) ?? name;
        if (!isDone.has(change)) isDone.set(change, random.chance(0.5));
        const file = isDone.get(change) === true ? this.#seen.get(name) : this.#synced.get(name);
        return file === undefined ? [] : [[name, file]];
      }),
    );
  }
}

function survivor({ synced, unsynced }: DiskFile, fate: Fate, random: SeededRandom): Buffer {
  return applied(synced, surviving(unsynced, fate, random));
}

function surviving(unsynced: readonly Change[], fate: Fate, random: SeededRandom): readonly Change[] {
  switch (fate) {
    case "dropped":
      return [];
    case "in part":
      return unsynced.filter(() => random.chance(0.5));
    case "torn":
      return unsynced.flatMap((change) => torn(change, random));
    case "all but the last":
      return unsynced.slice(0, random.between(0, unsynced.length));
  }
}

/** The sectors of a write that reached the disk. */
function torn(change: Change, random: SeededRandom): Change[] {
  if (change.kind === "truncate") return random.chance(0.5) ? [change] : [];
  const { offset, data } = change;
  const sectors = Array.from({ length: Math.ceil(data.length / SECTOR_BYTES) }, (_, sector) => sector * SECTOR_BYTES);
  return sectors
    .filter(() => random.chance(0.5))
    .map((at) => ({ ...change, offset: offset + at, data: data.subarray(at, at + SECTOR_BYTES) }));
}

/** A new buffer, made once for all changes. Growing leaves zeros where nothing was written. */
function applied(content: Buffer, changes: readonly Change[]): Buffer {
  const result = Buffer.alloc(Math.max(content.length, ...changes.map(endOf)));
  content.copy(result);
  let length = content.length;
  for (const change of changes) {
    if (change.kind === "write") result.set(change.data, change.offset);
    else result.fill(0, change.bytes);
    length = change.kind === "write" ? Math.max(length, endOf(change)) : change.bytes;
  }
  return result.subarray(0, length);
}

function endOf(change: Change): number {
  return change.kind === "write" ? change.offset + change.data.length : change.bytes;
}
