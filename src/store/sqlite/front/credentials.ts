import { CREDENTIALS_CACHED_MAX, WRONG_CREDENTIALS_CACHED_MAX } from "../../../limits.ts";
import type { Millis } from "../../../world.ts";
import type { Key, Session } from "../../contract.ts";
import type { FoundSession } from "../keys.ts";
import { RecentMap } from "./recent-map.ts";

/**
 * Keys and sessions that requests came with lately: every request asks for one. It hears of every change that has committed.
 *
 * They are known by the SHA-256 of their tokens, here as in the tables. So it does not matter how long a look-up takes: it may
 * tell how much of a hash is right, and nobody can choose a token by its hash.
 */
export class Credentials {
  readonly #keys = new Answers<Key>();
  readonly #sessions = new Answers<FoundSession>();

  /** Null: there is none, as was found out before. */
  key(hash: string): Key | null | undefined {
    return this.#keys.get(hash);
  }

  /** Null: there is none, as was found out before. */
  session(hash: string): FoundSession | null | undefined {
    return this.#sessions.get(hash);
  }

  learnKey(hash: string, found: Key | null): void {
    this.#keys.set(hash, found);
  }

  learnSession(hash: string, found: FoundSession | null): void {
    this.#sessions.set(hash, found);
  }

  /** Its sessions change with it; that is rare enough to forget all of them. */
  forgetKey(hash: string): void {
    this.#keys.delete(hash);
    this.#sessions.clear();
  }

  forgetSession(hash: string): void {
    this.#sessions.delete(hash);
  }

  forgetAll(): void {
    this.#keys.clear();
    this.#sessions.clear();
  }
}

/** What the table answered lately. Those who try keys do not push out what is in use. */
class Answers<Row> {
  readonly #found = new RecentMap<string, Row>(CREDENTIALS_CACHED_MAX);
  readonly #missing = new RecentMap<string, null>(WRONG_CREDENTIALS_CACHED_MAX);

  get(hash: string): Row | null | undefined {
    return this.#found.get(hash) ?? this.#missing.get(hash);
  }

  set(hash: string, row: Row | null): void {
    if (row !== null) this.#found.set(hash, row);
    else this.#missing.set(hash, null);
  }

  delete(hash: string): void {
    this.#found.delete(hash);
    this.#missing.delete(hash);
  }

  clear(): void {
    this.#found.clear();
    this.#missing.clear();
  }
}

/** A session lives as long as itself and as the key that opened it. */
export function isAlive(
  { session, key }: { readonly session: Session; readonly key: Key | null },
  now: Millis,
): boolean {
  if (session.expiresAt <= now) return false;
  return key === null || key.expiresAt === null || key.expiresAt > now;
}
