import type { Database } from "bun:sqlite";
import { WRITE_BATCH_REST_MS } from "../../../limits.ts";
import { packBatch } from "../batch-text.ts";
import { closeWriting, IN_MEMORY, openWriting } from "../connection.ts";
import { Reader, type ReadResult } from "../reader.ts";
import { unpackResult } from "../result-text.ts";
import type { Question } from "../verbs.ts";
import { Writer } from "../writer.ts";
import type { ReaderLink } from "./read-queue.ts";
import { WorkerLine } from "./worker-line.ts";
import type { WriterLink } from "./write-queue.ts";

export interface Links {
  readonly writer: WriterLink;
  readonly reader: ReaderLink;
  readonly newReader: () => ReaderLink;
}

/** A thread that writes and a thread that reads. @throws StoreOpenError */
export async function workerLinks(path: string): Promise<Links> {
  const writing = new WorkerLine<string, string>("writer-worker", path);
  await writing.opened;
  const newReader = () => readingLink(new WorkerLine<Question, ReadResult>("reader-worker", path));
  return { writer: writingLink(writing), reader: newReader(), newReader };
}

/** Both in this thread, on one connection: each answer is there as soon as the question. */
export function inThreadLinks(db: Database = openWriting(IN_MEMORY)): Links {
  const writer = new Writer(db);
  const reader = new Reader(db);
  const readerLink = {
    ask: async (question: Question) => reader.answer(question),
    close: async () => {},
    cut: () => {},
  };
  return {
    writer: { run: async (batch) => writer.run(batch), restMs: 0, close: async () => closeWriting(db) },
    reader: readerLink,
    newReader: () => readerLink,
  };
}

function writingLink(line: WorkerLine<string, string>): WriterLink {
  return {
    run: async (batch) => unpackResult(batch, await line.ask(packBatch(batch))),
    restMs: WRITE_BATCH_REST_MS,
    close: () => line.close(),
  };
}

function readingLink(line: WorkerLine<Question, ReadResult>): ReaderLink {
  return { ask: (question) => line.ask(question), close: () => line.close(), cut: () => line.cut() };
}
