import { BackupError } from "../store/backup-error.ts";
import { StoreOpenError } from "../store/contract.ts";
import type { Console } from "./console.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { lines } from "./lines.ts";

/** Does it, or tells in one sentence why it cannot be done. */
export async function orRefusal(console: Console, act: () => ExitCode | Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof BackupError || error instanceof StoreOpenError)) throw error;
    console.error(lines(error.message));
    return EXIT.failed;
  }
}
