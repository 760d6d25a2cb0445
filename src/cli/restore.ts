import type { Config } from "../config.ts";
import { DataDir, keyOf } from "../data-dir.ts";
import { sealingKeyId } from "../domain/sealing-key.ts";
import { createClock } from "../real/clock.ts";
import { createRandom } from "../real/random.ts";
import { BackupError } from "../store/backup-error.ts";
import { StoreOpenError } from "../store/contract.ts";
import { type Restored, restoring } from "../store/restore.ts";
import { contentsText } from "./backup.ts";
import type { Console } from "./console.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** Puts a backup in the place of the database, while no server runs. */
export function restore(file: string, config: Config, console: Console): ExitCode {
  const findKey = (keyId: string) => keyAtHand(keyId, config);
  const request = { dataDir: config.dataDir, file, findKey, random: createRandom(), now: createClock().wall() };
  try {
    const steps = restoring(request);
    let step = steps.next();
    for (; !step.done; step = steps.next()) if (console.isTerminal) console.error(`${step.value}\n`);
    console.out(restoredText(file, step.value));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof BackupError || error instanceof StoreOpenError)) throw error;
    console.error(`${error.message}\n`);
    return EXIT.failed;
  }
}

function keyAtHand(keyId: string, { secretKey, dataDir }: Config): Uint8Array | null {
  if (secretKey === null) return DataDir.open(dataDir).keyFiles.find(keyId);
  const key = keyOf(secretKey);
  return sealingKeyId(key) === keyId ? key : null;
}

function restoredText(file: string, restored: Restored): string {
  return [
    `Restored ${file} into ${restored.path}: ${contentsText(restored.contents)}.`,
    keptSentence(restored),
    ...pendingSentences(restored),
    ...keySentences(restored),
  ]
    .map((sentence) => `${sentence}\n`)
    .join("");
}

function keptSentence({ keptPath, wasDamaged }: Restored): string {
  if (keptPath === null) return "There was no database in its place.";
  const state = wasDamaged ? ", which is damaged and was left as it was," : "";
  return `The database that it replaces${state} is kept as ${keptPath}: remove it when you do not need it.`;
}

function pendingSentences({ revival: { isCompared, goingOn, cancelled } }: Restored): readonly string[] {
  const reason = isCompared
    ? "were cancelled, since they are not pending any more in the database that it replaces"
    : "were cancelled, since no other database tells whether they have been delivered since the backup";
  return [
    ...(goingOn > 0 ? [`${goingOn} pending deliveries go on.`] : []),
    ...(cancelled > 0
      ? [`${cancelled} pending deliveries ${reason}; the logs name them, and each can be resent.`]
      : []),
  ];
}

function keySentences({ revival: { keys } }: Restored): readonly string[] {
  if (keys === 0) return [];
  return [`${keys} API keys that had been deleted since the backup are valid again: delete those that must not be.`];
}
