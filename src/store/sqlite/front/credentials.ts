import { CREDENTIALS_CACHED_MAX } from "../../../limits.ts";
import type { Millis } from "../../../world.ts";
import type { Key, Session } from "../../contract.ts";
import type { FoundSession } from "../keys.ts";
import { RecentMap } from "./recent-map.ts";

/** Keys and sessions that requests came with lately: every request asks for one. It hears of every change that has committed. */
export class Credentials {
  readonly #keys = new RecentMap<string, Key>(CREDENTIALS_CACHED_MAX);
  readonly #sessions = new RecentMap<string, FoundSession>(CREDENTIALS_CACHED_MAX);

  key(hash: string): Key | undefined {
    return this.#keys.get(hash);
  }

  session(hash: string): FoundSession | undefined {
    return this.#sessions.get(hash);
  }

  learnKey(hash: string, key: Key): void {
    this.#keys.set(hash, key);
  }

  learnSession(found: FoundSession): void {
    this.#sessions.set(found.session.hash, found);
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

/** A session lives as long as itself and as the key that opened it. */
export function isAlive(
  { session, key }: { readonly session: Session; readonly key: Key | null },
  now: Millis,
): boolean {
  if (session.expiresAt <= now) return false;
  return key === null || key.expiresAt === null || key.expiresAt > now;
}
