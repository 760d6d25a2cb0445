import { join } from "node:path";
import { type Binary, LOOPBACK_ALLOWED, startBinary } from "../test/support/binary.ts";
import { emptyPlace, type Place } from "../test/support/place.ts";
import { type Receiver, startReceiver } from "../test/support/receiver.ts";
import { chosenSeed } from "../test/torture/suite.ts";

const VERSION = "4.32.5";
const MAX_SECONDS = 75;
const ADMIN_KEY = "known-to-whoever-runs-schemathesis";
/** Every event goes to all of them. */
const WEBHOOKS_MAX = 20;
/** They and the key stand in the document's examples: what is sent stays on this machine, and sessions are opened. */
const EXAMPLE_ORIGINS = /https:\/\/(?:example|yourapp)\.com/g;
const EXAMPLE_KEY = /posthorn_\w{40,}/g;
/**
 * The first: that a URL is public and an event type in the catalogue, a schema cannot say. The second: of so many wrong keys
 * most are answered with 429, as they should be, and it knows but 401; test/http/access-matrix.test.ts does the same. The
 * third: a deleted webhook's logs can be read.
 */
const UNFIT_CHECKS = "positive_data_acceptance,ignored_auth,use_after_free";
const LACKING = `Schemathesis ${VERSION} cannot be installed here: install Python 3.10 or newer with its venv module, and let pip reach a package index that has it.`;

/** A signal ends what runs at the moment, and then all that was started before. */
const stopping = new AbortController();
for (const name of ["SIGHUP", "SIGINT", "SIGTERM"])
  process.on(name, () => stopping.abort(new Error(`Ended by ${name}`)));

process.exitCode = await main();

/** @returns the exit code: 1 when an answer is not as the document says, 2 when there is no Schemathesis */
async function main(): Promise<number> {
  using place = emptyPlace();
  if (!(await isInstalled(place))) {
    process.stderr.write(`${LACKING}\n`);
    return 2;
  }
  await using receiver = startReceiver([200]);
  const settings = { POSTHORN_ADMIN_KEY: ADMIN_KEY, POSTHORN_MAX_WEBHOOKS: String(WEBHOOKS_MAX) };
  await using posthorn = await startBinary(place, { ...LOOPBACK_ALLOWED, ...settings });
  const seed = chosenSeed();
  process.stdout.write(
    `SEED=${seed} scripts/schemathesis repeats this run, as far as a bound of time can be repeated\n`,
  );
  return (await judge(posthorn, { place, receiver, seed })) === 0 ? 0 : 1;
}

/** Into the place itself: nothing of it stays on the machine. */
async function isInstalled(place: Place): Promise<boolean> {
  if (Bun.which("python3") === null) return false;
  if ((await run(["python3", "-m", "venv", "venv"], place)) !== 0) return false;
  return (await run([program(place, "pip"), "install", "--quiet", `schemathesis==${VERSION}`], place)) === 0;
}

interface Judging {
  readonly place: Place;
  readonly receiver: Receiver;
  readonly seed: number;
}

async function judge({ url }: Binary, { place, receiver, seed }: Judging): Promise<number> {
  const response = await fetch(`${url}/swagger/json`);
  const document = await response.text();
  const adapted = document.replaceAll(EXAMPLE_ORIGINS, receiver.origin).replaceAll(EXAMPLE_KEY, ADMIN_KEY);
  await Bun.write(join(place.path, "document.json"), adapted);
  const options = {
    url,
    header: `Authorization: Bearer ${ADMIN_KEY}`,
    seed: String(seed),
    "max-time": String(MAX_SECONDS),
    "exclude-checks": UNFIT_CHECKS,
    "generation-database": "none",
    "generation-with-security-parameters": "false",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return run([program(place, "schemathesis"), "run", "document.json", ...flags, "--continue-on-failure"], place);
}

function program({ path }: Place, name: string): string {
  return join(path, "venv/bin", name);
}

/** @throws when a signal has come meanwhile */
async function run(command: readonly string[], { path }: Place): Promise<number> {
  const { signal } = stopping;
  const child = Bun.spawn([...command], { cwd: path, stdin: "ignore", stdout: "inherit", stderr: "inherit", signal });
  const exitCode = await child.exited;
  signal.throwIfAborted();
  return exitCode;
}
