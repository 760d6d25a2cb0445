import { type Backup, type BackupRequest, backUp } from "./backup.ts";
import { BackupError } from "./backup-error.ts";
import { StoreOpenError } from "./contract.ts";

/** `refused`: a sentence for the operator. */
export type BackupReply =
  | { readonly kind: "made"; readonly backup: Backup }
  | { readonly kind: "refused"; readonly reason: string };

declare const self: Worker;

/** The thread that copies. The main one is free meanwhile to be told that it shall stop. */
self.onmessage = ({ data }: MessageEvent<BackupRequest>) => self.postMessage(replyTo(data));

function replyTo(request: BackupRequest): BackupReply {
  try {
    return { kind: "made", backup: backUp(request) };
  } catch (error) {
    if (!(error instanceof BackupError || error instanceof StoreOpenError)) throw error;
    return { kind: "refused", reason: error.message };
  }
}
