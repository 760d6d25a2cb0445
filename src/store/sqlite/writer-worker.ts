import { closeWriting, openWriting } from "./connection.ts";
import type { Command } from "./verbs.ts";
import { serve } from "./worker-port.ts";
import { type BatchResult, Writer } from "./writer.ts";

/** The thread that writes: an fsync stalls nobody but itself. */
serve<readonly Command[], BatchResult>((path) => {
  const db = openWriting(path);
  const writer = new Writer(db);
  return { answer: (batch) => writer.run(batch), close: () => closeWriting(db) };
});
