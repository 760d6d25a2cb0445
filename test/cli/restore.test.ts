import { expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { posthorn } from "../../src/cli/posthorn.ts";
import { POSTHORN } from "../../src/domain/audit.ts";
import { backUp } from "../../src/store/backup.ts";
import { backupOf, openScene, restorePlace } from "../store/restore-request.ts";
import { recordedConsole } from "../support/recorded-console.ts";

/** The key that the stores of these tests are sealed with. */
const POSTHORN_SECRET_KEY = "07".repeat(32);

type Env = Readonly<Record<string, string>>;

async function run({ dataDir, file }: ReturnType<typeof restorePlace>, isTerminal = false, more: Env = {}) {
  return runWords(["restore", file], isTerminal, { POSTHORN_DATA_DIR: dataDir, POSTHORN_SECRET_KEY, ...more });
}

async function runWords(args: readonly string[], isTerminal: boolean, env: Env) {
  const console = recordedConsole({ isTerminal });
  const exit = () => {
    throw new Error("none of these commands ends the process by itself");
  };
  const exitCode = await posthorn({ args, env, console, exit });
  return { exitCode, ...console.written };
}

test("a restore tells what it replaced, what is still to be sent, and what has come back", async () => {
  using here = restorePlace();
  const before = await openScene(here.dataDir);
  await before.webhook();
  await before.delivery();
  const other = await before.webhook();
  const key = before.newKey();
  await before.store.createKey(key, POSTHORN);
  backUp(here);
  await before.store.deleteKey(key.tenant, key.id, { adminKeyIsConfigured: true, now: 1 }, POSTHORN);
  await before.store.deleteWebhook(other.tenant, other.id, 1, POSTHORN);
  await before.store.close();
  const { exitCode, out, error } = await run(here);
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
  const [kept] = readdirSync(here.dataDir).filter((name) => name.includes("replaced"));
  expect(out).toContain(`The database that it replaces is now ${join(here.dataDir, String(kept))};`);
  expect(out).toContain("Pending deliveries: 1, all still to be sent.");
  expect(out).toContain("API keys that had been deleted since and are valid again: 1.");
  expect(out).toContain("Webhooks that had been deleted or turned off since and get events again: 1.");
});

test("a restore tells that what it replaced is damaged, and that all that was pending is cancelled", async () => {
  using here = restorePlace();
  await backupOf(here);
  writeFileSync(join(here.dataDir, "posthorn.db"), "damaged");
  const { exitCode, out } = await run(here);
  expect(exitCode).toBe(0);
  expect(out).toContain("The database that it replaces is damaged, and was left as it was: it is now ");
  expect(out).toContain("0 still to be sent; 1 are cancelled, which may have been delivered since");
});

test("a restore tells of a key that was changed since the backup, and whether it is the one in use", async () => {
  using here = restorePlace();
  await backupOf(here);
  const next = { POSTHORN_NEW_SECRET_KEY: "08".repeat(32) };
  await runWords(["rotate-secret-key"], false, { POSTHORN_DATA_DIR: here.dataDir, POSTHORN_SECRET_KEY, ...next });
  const withBoth = await run(here, false, next);
  expect(withBoth.out).toMatch(
    /were sealed with an earlier key \(\w{8}\), and now are with the current one \(\w{8}\)\./,
  );
  const withEarlier = await run(here);
  expect(withEarlier.out).toMatch(/so that one is in use again: `posthorn rotate-secret-key` changes it\./);
});

test("whoever looks on at a terminal is told of each step", async () => {
  using here = restorePlace();
  await backupOf(here);
  const { error } = await run(here, true);
  expect(error).toContain(`Copying ${here.file}.\nChecking the copy.\n`);
  expect(error).toEndWith("Putting the backup in its place.\n");
});
