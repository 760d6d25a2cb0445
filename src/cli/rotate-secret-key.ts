import { resolve } from "node:path";
import type { Config } from "../config.ts";
import { DataDir, keyOf } from "../data-dir.ts";
import { sealingKeyId } from "../domain/sealing-key.ts";
import type { Secret } from "../domain/secret.ts";
import { SEALING_KEY_BYTES } from "../limits.ts";
import { createClock } from "../real/clock.ts";
import { createRandom } from "../real/random.ts";
import { StoreOpenError } from "../store/contract.ts";
import { Sealer } from "../store/sqlite/front/sealer.ts";
import { otherKeyError } from "../store/sqlite/key-check.ts";
import { Rotation } from "../store/sqlite/rotation.ts";
import type { Console } from "./console.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { lines } from "./lines.ts";
import { enterAsOwner } from "./owner.ts";

type KeySettings = Pick<Config, "dataDir" | "secretKey" | "newSecretKey">;

/**
 * Seals every webhook secret and custom header value with a new key, while no server runs. Cut off at whatever moment, the next
 * start, or the next rotation, has the key that fits.
 */
export function rotateSecretKey(settings: KeySettings, console: Console): ExitCode {
  const { dataDir, secretKey, newSecretKey } = settings;
  if (secretKey !== null && newSecretKey === null) {
    console.error(lines(GIVE_THE_NEW_ONE));
    return EXIT.usage;
  }
  try {
    enterAsOwner(dataDir);
    using rotation = new Rotation(resolve(dataDir));
    console.out(newSecretKey === null ? rotateFile(rotation, dataDir) : rotateTo(newSecretKey, rotation, settings));
    if (!rotation.scrub()) console.error(lines(NOT_SCRUBBED));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error;
    console.error(lines(error.message));
    return EXIT.failed;
  }
}

const GIVE_THE_NEW_ONE =
  "The key until now is POSTHORN_SECRET_KEY, so give the new one as POSTHORN_NEW_SECRET_KEY; `openssl rand -base64 32` makes one.";

const NOT_SCRUBBED =
  "The database could not be written anew, for want of room or because a program reads it: free parts of the file may still hold secrets as the earlier key sealed them. Make room and rotate once more if that key is known to others.";

/** The keys lie in files. The new one is on the disk before the database needs it, and the old one stays. */
function rotateFile(rotation: Rotation, dataDir: string): string {
  const { keyFiles } = DataDir.open(dataDir);
  const random = createRandom();
  const [from, to] = [keyFiles.settle(rotation.keyId), random.bytes(SEALING_KEY_BYTES)];
  keyFiles.prepare(to);
  const webhooks = rotation.reseal(new Sealer(from, random), new Sealer(to, random), createClock().wall());
  keyFiles.settle(sealingKeyId(to));
  return lines(
    `${sealedText(webhooks)} It is in ${keyFiles.path}: keep a copy of that file apart from the backups.`,
    `The key until now is ${keyFiles.retiredPath(from)}: backups made until now need it. Delete it when the last of them is gone.`,
  );
}

/** The keys are the operator's to keep, so nothing is written but the database. Doing it twice does no harm. */
function rotateTo(newKey: Secret, rotation: Rotation, { dataDir, secretKey }: KeySettings): string {
  const random = createRandom();
  const to = keyOf(newKey);
  if (sealingKeyId(to) === rotation.keyId) return lines(`The database is sealed with this key already. ${SET_IT_NOW}`);
  const from = DataDir.open(dataDir).secretKey(rotation.keyId, secretKey, random);
  const atHand = sealingKeyId(from);
  if (atHand !== rotation.keyId) throw otherKeyError(atHand, rotation.keyId);
  const webhooks = rotation.reseal(new Sealer(from, random), new Sealer(to, random), createClock().wall());
  return lines(
    `${sealedText(webhooks)} ${SET_IT_NOW}`,
    "Backups made until now need the key until now. Delete it when the last of them is gone.",
  );
}

const SET_IT_NOW =
  "Set POSTHORN_SECRET_KEY to it now, in place of POSTHORN_NEW_SECRET_KEY: Posthorn does not start without it.";

function sealedText(webhooks: number): string {
  return `The secrets of ${webhooks} ${webhooks === 1 ? "webhook" : "webhooks"}, deleted ones included, are sealed with a new key.`;
}
