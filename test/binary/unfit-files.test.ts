import { beforeAll, expect, test } from "bun:test";
import { existsSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { runBinary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace, type Place } from "../support/place.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const BACKUP = "backup.db";
const LOCKING = [["serve"], ["restore", BACKUP], ["rotate-secret-key"]];
const DATABASE = ["posthorn.db", "posthorn.db-wal", "posthorn.db-shm", "posthorn.db-journal"];

const UNFIT: readonly (readonly [what: string, make: (path: string) => unknown, words: string])[] = [
  ["a pipe that nobody writes to", (path) => Bun.spawnSync(["mkfifo", path]), "is no regular file"],
  ["a link to a device without an end", (path) => symlinkSync("/dev/zero", path), "is a symbolic link"],
];

test.skipIf(process.platform === "win32").each(UNFIT)(
  "%s in the place of one of its files is told by every command that would open it (needs mkfifo)",
  async (_, make, words) => {
    using place = emptyPlace();
    await servedOnce(place);
    expect((await runBinary(["backup", BACKUP], { place })).exitCode).toBe(0);
    for (const name of [...DATABASE, "posthorn.lock"]) {
      using spoiled = spoil(join(place.dataDir, name), make);
      const commands = name === "posthorn.lock" ? LOCKING : [...LOCKING, ["backup", "another.db"]];
      const ends = await Promise.all(commands.map((args) => runBinary(args, { place, env: { POSTHORN_PORT: "0" } })));
      const refused = { exitCode: 1, out: "", error: expect.stringMatching(/^[^\n]+[.]\n$/) };
      expect(ends).toEqual(ends.map(() => refused));
      for (const { error } of ends) expect(error).toStartWith(`${spoiled.path} ${words}: `);
    }
    await servedOnce(place);
  },
  30_000,
);

async function servedOnce(place: Place): Promise<void> {
  await using posthorn = await startBinary(place);
  posthorn.signal("SIGTERM");
  expect((await posthorn.ended).exitCode).toBe(0);
}

/** What lies there comes back. */
function spoil(path: string, make: (path: string) => unknown): Disposable & { readonly path: string } {
  const wasThere = existsSync(path);
  if (wasThere) renameSync(path, `${path}.away`);
  make(path);
  return {
    path,
    [Symbol.dispose]() {
      rmSync(path);
      if (wasThere) renameSync(`${path}.away`, path);
    },
  };
}
