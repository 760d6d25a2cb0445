import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClock } from "../../src/real/clock.ts";
import type { Store } from "../../src/store/contract.ts";
import { openStore, type StoreOptions } from "../../src/store/open.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import type { Opened } from "./conformance/scene.ts";

type KeyedStoreOptions = StoreOptions & { readonly secretKey: Uint8Array };

/** What a store is opened with when a test has nothing to say about it: no time passes, and nothing may go wrong. */
export function storeOptions(changes: Partial<KeyedStoreOptions> = {}): KeyedStoreOptions {
  return {
    dataDir: ":memory:",
    secretKey: new Uint8Array(32).fill(7),
    random: createSeededRandom(7),
    clock: createFakeClock(),
    onFatal: (error) => {
      throw error;
    },
    ...changes,
  };
}

export async function openInMemory(): Promise<Opened> {
  const store = await openStore(storeOptions());
  return { store, reopen: null, [Symbol.asyncDispose]: () => store.close() };
}

export async function openOnDisk(): Promise<Opened> {
  const directory = temporaryDirectory();
  const stores: Store[] = [];
  const open = async () => {
    // Between the threads time passes: the writer rests after a large batch.
    const store = await openStore(storeOptions({ dataDir: directory.path, clock: createClock() }));
    stores.push(store);
    return store;
  };
  const store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      return open();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stores.map((each) => each.close()));
      directory[Symbol.dispose]();
    },
  };
}

/** A directory that goes with its test. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "posthorn-store-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
