import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Binary, LOOPBACK_ALLOWED, startBinary } from "../support/binary.ts";
import { createCertificate } from "../support/certificate.ts";
import { type KeptState, keptState } from "../support/kept-state.ts";
import { emptyPlace, type Place } from "../support/place.ts";
import { type Program, startProgram } from "../support/program.ts";
import { type Receiver, type ReceiverScript, startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";
import type { CrashPoint } from "./crash-point.ts";
import { endOf } from "./end-of.ts";

/** One data directory with a receiver: first a process lives there that dies at its point, then a sound one. */
export class CrashScene implements AsyncDisposable {
  readonly place: Place = emptyPlace();
  readonly receiver: Receiver;
  readonly #crashingBinary: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #programs = new AsyncDisposableStack();

  constructor(
    crashingBinary: string,
    receiver: { readonly script?: ReceiverScript; readonly isSecure?: boolean } = {},
  ) {
    this.#crashingBinary = crashingBinary;
    const certificate = receiver.isSecure === true ? createCertificate(["127.0.0.1"]) : undefined;
    this.receiver = startReceiver(receiver.script, certificate);
    const certificatePath = join(this.place.path, "receiver.pem");
    if (certificate !== undefined) writeFileSync(certificatePath, certificate.certificate);
    this.#settings = {
      ...LOOPBACK_ALLOWED,
      CRASH_POINT_FILE: this.#armedPath,
      ...(certificate !== undefined && { NODE_EXTRA_CA_CERTS: certificatePath }),
    };
  }

  /** The next time that it comes there, it dies. */
  arm(point: CrashPoint): void {
    writeFileSync(this.#armedPath, point);
  }

  /** The build that can be armed, serving. */
  async startFragile(): Promise<Binary> {
    const command = [this.#crashingBinary, "serve"];
    return this.#programs.use(await startBinary(this.place, this.#settings, command));
  }

  /** The same, armed so that it may die before it serves. */
  startDoomed(): Program {
    const env = { POSTHORN_PORT: "0", ...this.#settings };
    return this.#programs.use(startProgram([this.#crashingBinary, "serve"], { env, cwd: this.place.path }));
  }

  /** The product itself. */
  async startSound(): Promise<Binary> {
    rmSync(this.#armedPath, { force: true });
    return this.#programs.use(await startBinary(this.place, this.#settings));
  }

  async died(program: Program): Promise<void> {
    const { exitCode } = await endOf(program, "it dies where it was told");
    assert.equal(exitCode, 128 + 9);
  }

  /** Waits for its death, and for what it had sent. */
  async buried(program: Program): Promise<KeptState> {
    await this.died(program);
    let before = -1;
    await until("the receiver has got all that was sent", () => {
      const isQuiet = this.receiver.requests.length === before;
      before = this.receiver.requests.length;
      return isQuiet;
    });
    const kept = keptState(this.place.dataDir);
    assert.deepEqual(kept.damage, []);
    return kept;
  }

  /** Waits for its ordinary end. */
  async stopped(program: Program): Promise<KeptState> {
    program.signal("SIGTERM");
    const { exitCode, error } = await program.ended;
    assert.deepEqual({ exitCode, error }, { exitCode: 0, error: "" });
    const kept = keptState(this.place.dataDir);
    assert.deepEqual(kept.damage, []);
    return kept;
  }

  /** @param origin of the receiver, or of what stands before it */
  async subscribe(posthorn: Binary, origin = this.receiver.origin): Promise<string> {
    const webhook = { url: `${origin}/hook`, events: ["*"], retry_schedule: [] };
    const { status, data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook);
    assert.equal(status, 201);
    return data.id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#programs[Symbol.asyncDispose]();
    await this.receiver[Symbol.asyncDispose]();
    this.place[Symbol.dispose]();
  }

  get #armedPath(): string {
    return join(this.place.path, "armed");
  }
}
