import { openReading } from "./connection.ts";
import { Reader, type ReadResult } from "./reader.ts";
import type { Question } from "./verbs.ts";
import { serve } from "./worker-port.ts";

/** The thread that reads what may take a while. */
serve<Question, ReadResult>((path) => {
  const db = openReading(path);
  const reader = new Reader(db);
  return { answer: (question) => reader.answer(question), close: () => db.close() };
});
