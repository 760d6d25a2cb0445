import { join, resolve } from "node:path";
import type { Config } from "../config.ts";
import { type Backup, backUp } from "../store/backup.ts";
import type { Console } from "./console.ts";
import { contentsText } from "./contents-text.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { orRefusal } from "./refusal.ts";

/** Copies the database into a new file, beside a running server or without one. */
export function backup(file: string, config: Config, console: Console): ExitCode {
  return orRefusal(console, () => {
    console.out(backupText(backUp({ dataDir: config.dataDir, file }), config));
    return EXIT.ok;
  });
}

function backupText({ path, bytes, contents }: Backup, { secretKey, dataDir }: Config): string {
  const keyPlace = secretKey === null ? join(resolve(dataDir), "secret.key") : "POSTHORN_SECRET_KEY";
  return `Backed up into ${path}, ${bytes} bytes, read back and found sound. ${contentsText(contents)}.
The sealing key is not in it, and without that nobody can read the webhooks' secrets: keep ${keyPlace} too, in another place.
`;
}
