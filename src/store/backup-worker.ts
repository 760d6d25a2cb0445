import { type Backup, type BackupRequest, backUp } from "./backup.ts";
import { BackupError } from "./backup-error.ts";
import { StoreOpenError } from "./contract.ts";

/** `begun`: something of it lies on the disk. */
export type BackupMessage = { readonly kind: "begun" } | BackupReply;

/** `refused`: a sentence for the operator. */
export type BackupReply =
  | { readonly kind: "made"; readonly backup: Backup }
  | { readonly kind: "refused"; readonly reason: string };

declare const self: Worker;

/** The thread that copies. The main one is free meanwhile to be told that it shall stop. */
self.onmessage = ({ data }: MessageEvent<BackupRequest>) => tell(replyTo(data));

function tell(message: BackupMessage): void {
  self.postMessage(message);
}

function replyTo(request: BackupRequest): BackupReply {
  try {
    return { kind: "made", backup: backUp(request, () => tell({ kind: "begun" })) };
  } catch (error) {
    if (!(error instanceof BackupError || error instanceof StoreOpenError)) throw error;
    return { kind: "refused", reason: error.message };
  }
}
