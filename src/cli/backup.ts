import type { Config } from "../config.ts";
import { backUp } from "../store/backup.ts";
import { BackupError } from "../store/backup-error.ts";
import type { Contents } from "../store/sqlite/inspection.ts";
import type { Console } from "./console.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** Copies the database into a new file, beside a running server or without one. */
export function backup(file: string, { dataDir, secretKey }: Config, console: Console): ExitCode {
  try {
    const { path, bytes, contents } = backUp({ dataDir, file });
    const keyPlace = secretKey === null ? `${dataDir}/secret.key` : "POSTHORN_SECRET_KEY";
    console.out(`Backed up into ${path}: ${contentsText(contents)}; ${bytes} bytes, read back and found sound.\n`);
    console.out(
      `The sealing key is not in it, and nobody can read the webhooks' secrets without it: keep ${keyPlace} in another place.\n`,
    );
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    console.error(`${error.message}\n`);
    return EXIT.failed;
  }
}

/** In one line. */
export function contentsText({ webhooks, events, deliveries, pending, attempts, keys }: Contents): string {
  return `${webhooks} webhooks, ${events} events, ${deliveries} deliveries (${pending} pending), ${attempts} attempts, ${keys} API keys`;
}
