import { BODY_UNREAD_MAX_BYTES } from "../limits.ts";
import type { BodySource } from "./response-body.ts";

/** What a body needs of the connection that it comes from. */
export interface Inflow {
  pause(): void;
  resume(): void;
  close(): void;
}

/** Turns the chunks that a client pushes into a body that can be pulled, and makes the receiver wait when nobody pulls. */
export class PushedBody implements BodySource {
  readonly declaredBytes: number | null;
  readonly #inflow: Inflow;
  readonly #chunks: Uint8Array[] = [];
  #unreadBytes = 0;
  #paused = false;
  #end: { readonly error: Error | null } | null = null;
  #wakeReader = () => {};

  constructor(declaredBytes: number | null, inflow: Inflow) {
    this.declaredBytes = declaredBytes;
    this.#inflow = inflow;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#unreadBytes += chunk.length;
    if (this.#unreadBytes > BODY_UNREAD_MAX_BYTES && !this.#paused) {
      this.#paused = true;
      this.#inflow.pause();
    }
    this.#wakeReader();
  }

  /** `error` null: the body is complete. */
  finish(error: Error | null): void {
    this.#end ??= { error };
    this.#wakeReader();
  }

  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.#shift();
      if (chunk !== undefined) return chunk;
      if (this.#end?.error) throw this.#end.error;
      if (this.#end !== null) return null;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
  }

  close(): void {
    if (this.#end === null) this.#inflow.close();
  }

  #shift(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    this.#unreadBytes -= chunk?.length ?? 0;
    if (this.#paused && this.#unreadBytes === 0 && this.#end === null) {
      this.#paused = false;
      this.#inflow.resume();
    }
    return chunk;
  }
}
