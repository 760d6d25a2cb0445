import { resolve } from "node:path";
import type { Backup, BackupRequest } from "./backup.ts";
import { BackupError } from "./backup-error.ts";
import type { BackupMessage, BackupReply } from "./backup-worker.ts";
import { removePartial } from "./partial-backup.ts";

/** A backup that is made in a thread of its own, so that it can be given up. */
export class BackupThread {
  /** @throws BackupError when it was not made */
  readonly made: Promise<Backup>;
  readonly #request: BackupRequest;
  #hasBegun = false;

  constructor(request: BackupRequest) {
    this.#request = request;
    const reply = Promise.withResolvers<BackupReply>();
    const worker = new Worker(locate(import.meta.url));
    worker.onmessage = ({ data }: MessageEvent<BackupMessage>) => {
      if (data.kind === "begun") this.#hasBegun = true;
      else reply.resolve(data);
    };
    worker.onerror = ({ message }) => reply.reject(new Error(`The thread of the backup has died: ${message}`));
    worker.postMessage(request);
    this.made = reply.promise.then(backupOf).finally(() => worker.terminate());
  }

  /**
   * Removes what is there of it, and nothing of another one's into the same file. To be called when the process ends at once: the
   * thread may be in the middle of its copy.
   */
  giveUp(): void {
    if (this.#hasBegun) removePartial(resolve(this.#request.file));
  }
}

function backupOf(reply: BackupReply): Backup {
  if (reply.kind === "made") return reply.backup;
  throw new BackupError(reply.reason);
}

/** In the binary all modules are one file at its root, and the worker lies below it as it lies below `src`. */
function locate(here: string): string {
  const isBundled = !here.endsWith("/backup-thread.ts");
  return new URL(isBundled ? "./store/backup-worker.ts" : "./backup-worker.ts", here).href;
}
