import type { Database } from "bun:sqlite";
import { isReading } from "../../src/store/sqlite/command-kind.ts";
import type { Links } from "../../src/store/sqlite/front/links.ts";
import { Reader } from "../../src/store/sqlite/reader.ts";
import type { Command } from "../../src/store/sqlite/verbs.ts";
import { type BatchResult, Writer } from "../../src/store/sqlite/writer.ts";
import type { Disk } from "./disk.ts";
import type { Doom } from "./doom.ts";
import { Life } from "./life.ts";

export interface MortalLinksParts {
  readonly db: Database;
  readonly life: Life;
  readonly disk: Disk;
  readonly doom: Doom;
  /** Told of each batch at the very moment of its commit. */
  readonly committed: (batch: readonly Command[], result: BatchResult) => void;
  /** Told when the answers of all that was committed go back. */
  readonly answered: () => void;
}

/**
 * One process's way to the database that outlives it. A commit is one synchronous step and so is whole or absent, as on a
 * disk; the process may die before it or after it, and then nobody hears the answer.
 */
export function mortalLinks(parts: MortalLinksParts): Links {
  const { db, life, disk } = parts;
  const writer = new Writer(db);
  const reader = new Reader(db);

  const readerLink = {
    ask: (question: Parameters<Reader["answer"]>[0]) =>
      life.isOver ? Life.never<never>() : life.reaches(Promise.resolve(reader.answer(question))),
    close: async () => {},
    cut: () => {},
  };

  async function run(batch: readonly Command[]): Promise<BatchResult> {
    if (life.isOver) return Life.never();
    await life.reaches(disk.turn());
    parts.doom.passes("before a commit");
    if (life.isOver) return Life.never();
    const result = write(batch);
    parts.doom.passes("after a commit");
    await life.reaches(disk.turn());
    if (life.isOver) return Life.never();
    parts.answered();
    return result;
  }

  function write(batch: readonly Command[]): BatchResult {
    if (disk.obstacle !== null && !isReading(batch)) return { kind: disk.obstacle, reason: "simulated" };
    const result = writer.run(batch);
    parts.committed(batch, result);
    return result;
  }

  return { writer: { run, restMs: 0, close: async () => {} }, reader: readerLink, newReader: () => readerLink };
}
