import type { Config } from "../config.ts";
import { DataDir, keyOf } from "../data-dir.ts";
import { sealingKeyId } from "../domain/sealing-key.ts";
import { createClock } from "../real/clock.ts";
import { createRandom } from "../real/random.ts";
import { type Restored, restoring } from "../store/restore.ts";
import type { Revival } from "../store/sqlite/revival.ts";
import type { Console } from "./console.ts";
import { contentsText } from "./contents-text.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
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
  const findKey = (keyId: string) => keyAtHand(keyId, config);
  const now = createClock().wall();
  const { dataDir } = config;
  const enter = () => enterAsOwner(dataDir);
  const steps = restoring({ dataDir, file, enter, findKey, random: createRandom(), now });
  let step = steps.next();
  for (; !step.done; step = steps.next()) if (console.isTerminal) console.error(`${step.value}\n`);
  return step.value;
}

function keyAtHand(keyId: string, { secretKey, dataDir }: Config): Uint8Array | null {
  if (secretKey === null) return DataDir.open(dataDir).keyFiles.find(keyId);
  const key = keyOf(secretKey);
  return sealingKeyId(key) === keyId ? key : null;
}

function restoredText(file: string, { path, contents, revival, ...kept }: Restored): string {
  const sentences = [
    `Restored ${file} into ${path}. ${contentsText(contents)}.`,
    keptSentence(kept),
    ...pendingSentences(revival),
    ...keySentences(revival),
  ];
  return sentences.map((sentence) => `${sentence}\n`).join("");
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

function keySentences({ keys }: Revival): readonly string[] {
  if (keys === 0) return [];
  return [`API keys that had been deleted since and are valid again: ${keys}. Delete those that must not be.`];
}
