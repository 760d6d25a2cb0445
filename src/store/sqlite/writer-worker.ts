import { unpackBatch } from "./batch-text.ts";
import { closeWriting, openWriting, waitBriefly } from "./connection.ts";
import { packResult } from "./result-text.ts";
import { serve } from "./worker-port.ts";
import { Writer } from "./writer.ts";

/** The thread that writes: an fsync stalls nobody but itself. */
serve<string, string>((path) => {
  const db = openWriting(path);
  waitBriefly(db);
  const writer = new Writer(db);
  return {
    answer(packed) {
      const batch = unpackBatch(packed);
      return packResult(batch, writer.run(batch));
    },
    close: () => closeWriting(db),
  };
});
