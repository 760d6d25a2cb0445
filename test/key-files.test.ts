import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataDir } from "../src/data-dir.ts";
import { sealingKeyId } from "../src/domain/sealing-key.ts";
import { Secret } from "../src/domain/secret.ts";
import { StoreOpenError } from "../src/store/contract.ts";
import { createSeededRandom } from "./support/seeded-random.ts";

const OLD = new Uint8Array(32).fill(1);
const NEW = new Uint8Array(32).fill(2);
const OTHER = new Uint8Array(32).fill(3);
const OLD_ID = sealingKeyId(OLD);
const RETIRED = `secret.key.${OLD_ID}`;

type Files = Readonly<Record<string, string>>;

function base64(key: Uint8Array): string {
  return `${Buffer.from(key).toString("base64")}\n`;
}

/** A data directory with these files. */
function directoryWith(files: Files) {
  const path = mkdtempSync(join(tmpdir(), "posthorn-keys-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text, { mode: 0o600 });
  return {
    path,
    files: (): Files =>
      Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name), "utf8")])),
    secretKey: (sealedWith: string | null, configured: Secret | null = null) =>
      DataDir.open(path).secretKey(sealedWith, configured, createSeededRandom(1)),
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

/** Every state in which a rotation can be cut off, and what a start makes of it. */
const STATES: readonly (readonly [name: string, sealedWith: Uint8Array, files: Files, after: Files])[] = [
  ["no rotation", OLD, { "secret.key": base64(OLD) }, { "secret.key": base64(OLD) }],
  [
    "a new key that is cut off itself",
    OLD,
    { "secret.key": base64(OLD), "secret.key.next": base64(NEW).slice(0, 20) },
    { "secret.key": base64(OLD) },
  ],
  [
    "a new key that has not sealed this one, but maybe one that a restore put aside",
    OLD,
    { "secret.key": base64(OLD), "secret.key.next": base64(NEW) },
    { "secret.key": base64(OLD), [`secret.key.${sealingKeyId(NEW)}`]: base64(NEW) },
  ],
  [
    "a new key that has sealed everything",
    NEW,
    { "secret.key": base64(OLD), "secret.key.next": base64(NEW) },
    { "secret.key": base64(NEW), [RETIRED]: base64(OLD) },
  ],
  [
    "an old key that is kept only in part yet",
    NEW,
    { "secret.key": base64(OLD), "secret.key.next": base64(NEW), [RETIRED]: base64(OLD).slice(0, 20) },
    { "secret.key": base64(NEW), [RETIRED]: base64(OLD) },
  ],
  [
    "an old key that is kept",
    NEW,
    { "secret.key": base64(OLD), "secret.key.next": base64(NEW), [RETIRED]: base64(OLD) },
    { "secret.key": base64(NEW), [RETIRED]: base64(OLD) },
  ],
  [
    "a rotation that is done",
    NEW,
    { "secret.key": base64(NEW), [RETIRED]: base64(OLD) },
    { "secret.key": base64(NEW), [RETIRED]: base64(OLD) },
  ],
  [
    "a database from before, be it a backup's or after a loss of power",
    OLD,
    { "secret.key": base64(NEW), [RETIRED]: base64(OLD) },
    { "secret.key": base64(OLD), [`secret.key.${sealingKeyId(NEW)}`]: base64(NEW) },
  ],
  ["nothing but the new key", NEW, { "secret.key.next": base64(NEW) }, { "secret.key": base64(NEW) }],
];

describe("the key that sealed the database is found and put in its place, with", () => {
  test.each(STATES)("%s", (_, sealedWith, files, after) => {
    using directory = directoryWith(files);
    for (const _start of ["the first start", "the next one"]) {
      expect(directory.secretKey(sealingKeyId(sealedWith))).toEqual(sealedWith);
      expect(directory.files()).toEqual(after);
    }
  });
});

test("a key is found in whichever file it is, and nothing is changed by it", () => {
  const files = { "secret.key": base64(NEW), "secret.key.next": base64(OTHER), [RETIRED]: base64(OLD) };
  using directory = directoryWith(files);
  const { keyFiles } = DataDir.open(directory.path);
  for (const key of [OLD, NEW, OTHER]) expect(keyFiles.find(sealingKeyId(key))).toEqual(key);
  expect(keyFiles.find("01234567")).toBeNull();
  expect(directory.files()).toEqual(files);
});

/** What no start may go on with: the files are then as they were, to the byte, and none is made. */
const REFUSED: readonly (readonly [name: string, files: Files, words: RegExp])[] = [
  ["another key", { "secret.key": base64(OTHER), "admin.key": "token\n" }, new RegExp(`another key .* id ${OLD_ID}`)],
  ["no key", { "admin.key": "token\n" }, /secret\.key is missing/],
  ["no key, but a new one that sealed nothing", { "secret.key.next": base64(NEW) }, /secret\.key is missing/],
  ["a cut off key", { "secret.key": base64(OLD).slice(0, 30) }, /secret\.key is damaged/],
  ["an empty key file", { "secret.key": "" }, /secret\.key is damaged/],
  ["a garbled key", { "secret.key": base64(OLD).replace("AQEB", "A\0EB") }, /secret\.key is damaged/],
  ["a longer key", { "secret.key": base64(new Uint8Array(33)) }, /secret\.key is damaged/],
];

describe("a start is refused in one sentence, and changes no file, with", () => {
  test.each(REFUSED)("%s", (_, files, words) => {
    using directory = directoryWith(files);
    const start = () => directory.secretKey(OLD_ID);
    expect(start).toThrow(words);
    expect(start).toThrow(/^[^\n]+\.$/);
    expect(directory.files()).toEqual(files);
  });
});

test("a key file that cannot be read or written is told in one sentence", () => {
  using directory = directoryWith({ "secret.key": base64(OLD) });
  const { path } = directory;
  mkdirSync(join(path, "secret.key.next"));
  expect(() => directory.secretKey(OLD_ID)).toThrow(
    /secret\.key\.next is a directory, where a file has to be: [^\n]+\.$/,
  );
  rmSync(join(path, "secret.key"));
  mkdirSync(join(path, "secret.key"));
  expect(() => directory.secretKey(OLD_ID)).toThrow(/secret\.key is a directory, where a file has to be: [^\n]+\.$/);
  mkdirSync(join(path, "admin.key"));
  expect(() => DataDir.open(path).writeAdminKey("first")).toThrow(/admin\.key is a directory, where a file has to be/);
});

test("a key is made where there is no database, for its owner alone", () => {
  using directory = directoryWith({});
  const made = directory.secretKey(null);
  expect(made).toHaveLength(32);
  expect(directory.files()).toEqual({ "secret.key": base64(made) });
  expect(statSync(join(directory.path, "secret.key")).mode & 0o777).toBe(0o600);
  expect(directory.secretKey(null)).toEqual(made);
});

test("a key is not made beside a database, even one that tells nothing", () => {
  using directory = directoryWith({ "posthorn.db": "" });
  expect(() => directory.secretKey(null)).toThrow("secret.key is missing");
  expect(directory.files()).toEqual({ "posthorn.db": "" });
});

test("a first key that was cut off while it was made is made again", () => {
  using directory = directoryWith({ "secret.key.next": "AQEB" });
  const made = directory.secretKey(null);
  expect(directory.files()).toEqual({ "secret.key": base64(made) });
});

test.skipIf(process.platform === "win32")("a pipe in a key's place is not waited for (needs mkfifo)", () => {
  for (const name of ["secret.key", "secret.key.next"]) {
    using directory = directoryWith({});
    Bun.spawnSync(["mkfifo", join(directory.path, name)]);
    const start = () => directory.secretKey(OLD_ID);
    expect(start).toThrow(StoreOpenError);
    expect(start).toThrow(new RegExp(`${name} cannot be read \\([^\n]*no regular file\\): [^\n]+\\.$`));
  }
});

test("a configured key wins, and no file is read or written for it", () => {
  using directory = directoryWith({ "secret.key": "garbled" });
  expect(directory.secretKey(OLD_ID, new Secret(Buffer.from(OLD).toString("hex")))).toEqual(OLD);
  expect(directory.files()).toEqual({ "secret.key": "garbled" });
});

test.skipIf(process.platform === "win32")(
  "a new admin key is its owner's, whatever lay in its place (needs modes of files)",
  () => {
    using directory = directoryWith({ elsewhere: "theirs" });
    const path = join(directory.path, "admin.key");
    symlinkSync(join(directory.path, "elsewhere"), path);
    DataDir.open(directory.path).writeAdminKey("first");
    chmodSync(path, 0o666);
    DataDir.open(directory.path).writeAdminKey("second");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(directory.files()).toEqual({ "admin.key": "second\n", elsewhere: "theirs" });
  },
);

const OURS = ["admin.key", "posthorn.db", "posthorn.db-shm", "posthorn.db-wal", "posthorn.lock", "secret.key", RETIRED];

test.skipIf(process.platform === "win32")(
  "what others can read is closed to them, and key files are told (needs modes of files)",
  () => {
    using directory = directoryWith({ "secret.key": base64(OLD), "admin.key": "token\n" });
    const { path } = directory;
    const exposed = () => DataDir.open(path).closeToOthers().toSorted();
    const modes = () => OURS.map((name) => statSync(join(path, name)).mode & 0o777);
    expect(exposed()).toEqual([]);
    for (const name of OURS) writeFileSync(join(path, name), "");
    for (const name of OURS) chmodSync(join(path, name), 0o664);
    expect(exposed()).toEqual(OURS.filter((name) => name.includes("key")).map((name) => join(path, name)));
    expect(modes()).toEqual(OURS.map(() => 0o600));
    expect(exposed()).toEqual([]);
  },
);
