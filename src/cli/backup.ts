import { dirname, join, resolve } from "node:path";
import type { Config } from "../config.ts";
import type { Backup } from "../store/backup.ts";
import { BackupError } from "../store/backup-error.ts";
import { BackupThread } from "../store/backup-thread.ts";
import type { Console } from "./console.ts";
import { contentsText } from "./contents-text.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { lines } from "./lines.ts";
import { becomeOwnerOfBoth } from "./owner.ts";
import { orRefusal } from "./refusal.ts";
import { stopSignals } from "./stop-signals.ts";

/** Copies the database into a new file, beside a running server or without one. A signal ends it, and nothing is left of it. */
export async function backup(file: string, config: Config, console: Console): Promise<ExitCode> {
  return orRefusal(console, async () => {
    becomeOwnerOfBoth(config.dataDir, dirname(file));
    const thread = new BackupThread({ dataDir: config.dataDir, file });
    const stopped = stopSignals(console.isTerminal).first.then((signal): never => {
      thread.giveUp();
      throw new BackupError(`The backup was ended by ${signal}, and nothing of it is left.`);
    });
    console.out(backupText(await Promise.race([thread.made, stopped]), config));
    return EXIT.ok;
  });
}

function backupText({ path, bytes, contents }: Backup, { secretKey, dataDir }: Config): string {
  const keyPlace = secretKey === null ? join(resolve(dataDir), "secret.key") : "POSTHORN_SECRET_KEY";
  return lines(
    `Backed up into ${path}, ${bytes} bytes, read back and found sound. ${contentsText(contents)}.`,
    `The sealing key is not in it, and without that nobody can read the webhooks' secrets: keep ${keyPlace} too, in another place.`,
  );
}
