import type { Config } from "../config.ts";
import { DataDir, keyOf } from "../data-dir.ts";
import { sealingKeyId } from "../domain/sealing-key.ts";
import { createClock } from "../real/clock.ts";
import { createRandom } from "../real/random.ts";
import { type Restored, restoring } from "../store/restore.ts";
import type { KeyChange, KeysAtHand } from "../store/sqlite/backup-seal.ts";
import type { Revival } from "../store/sqlite/revival.ts";
import type { Console } from "./console.ts";
import { contentsText } from "./contents-text.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { lines } from "./lines.ts";
import { enterAsOwner } from "./owner.ts";
import { orRefusal } from "./refusal.ts";

/** Puts a backup in the place of the database, while no server runs. */
export async function restore(file: string, config: Config, console: Console): Promise<ExitCode> {
  return orRefusal(console, () => {
    console.out(restoredText(file, restored(file, config, console)));
    return EXIT.ok;
  });
}

/** Whoever looks on is told what takes so long. */
function restored(file: string, config: Config, console: Console): Restored {
  const now = createClock().wall();
  const { dataDir } = config;
  const enter = () => enterAsOwner(dataDir);
  const steps = restoring({ dataDir, file, enter, keys: keysAtHand(config), random: createRandom(), now });
  let step = steps.next();
  for (; !step.done; step = steps.next()) if (console.isTerminal) console.error(lines(step.value));
  return step.value;
}

/** The configured ones, else those in the data directory. */
function keysAtHand({ secretKey, newSecretKey, dataDir }: Config): KeysAtHand {
  const configured = [secretKey, newSecretKey].flatMap((key) => (key === null ? [] : [keyOf(key)]));
  const files = () => DataDir.open(dataDir).keyFiles;
  return {
    find: (keyId) => configured.find((key) => sealingKeyId(key) === keyId) ?? files().find(keyId),
    current: () => (secretKey === null ? files().read() : keyOf(secretKey)),
  };
}

function restoredText(file: string, { path, contents, revival, keyChange, ...kept }: Restored): string {
  return lines(
    `Restored ${file} into ${path}. ${contentsText(contents)}.`,
    keptSentence(kept),
    ...pendingSentences(revival),
    ...sealSentences(keyChange),
    ...returnSentences(revival),
  );
}

function keptSentence({ keptPath, wasDamaged }: Pick<Restored, "keptPath" | "wasDamaged">): string {
  if (keptPath === null) return "There was no database in its place.";
  const state = wasDamaged ? " is damaged, and was left as it was: it" : "";
  return `The database that it replaces${state} is now ${keptPath}; remove it when you need it no more.`;
}

function pendingSentences({ isCompared, goingOn, cancelled }: Revival): readonly string[] {
  if (goingOn + cancelled === 0) return [];
  if (cancelled === 0) return [`Pending deliveries: ${goingOn}, all still to be sent.`];
  const reason = isCompared ? "are not pending there any more" : "may have been delivered since";
  return [
    `Pending deliveries: ${goingOn} still to be sent; ${cancelled} are cancelled, which ${reason}: the logs name them, and each can be resent.`,
  ];
}

function sealSentences(change: KeyChange | null): readonly string[] {
  if (change === null) return [];
  const { backupKeyId, currentKeyId, isResealed } = change;
  if (isResealed)
    return [
      `Its secrets were sealed with an earlier key (${backupKeyId}), and now are with the current one (${currentKeyId}).`,
    ];
  return [
    `Its secrets are sealed with another key (${backupKeyId}) than those of the database that it replaces (${currentKeyId}), so that one is in use again: \`posthorn rotate-secret-key\` changes it.`,
  ];
}

function returnSentences({ returned: { keys, webhooks } }: Revival): readonly string[] {
  const sentences: string[] = [];
  if (keys > 0)
    sentences.push(`API keys that had been deleted since and are valid again: ${keys}. Delete those that must not be.`);
  if (webhooks > 0)
    sentences.push(`Webhooks that had been deleted or turned off since and get events again: ${webhooks}.`);
  return sentences;
}
