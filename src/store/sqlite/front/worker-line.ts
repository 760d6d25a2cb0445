import { StoreOpenError } from "../../contract.ts";
import type { FromWorker, ToWorker } from "../worker-port.ts";

type WorkerName = "writer-worker" | "reader-worker";

/** The main thread's side of the line to a worker: one request at a time, one reply to each. */
export class WorkerLine<Request, Reply> {
  /** Resolves when the worker has opened its database. @throws StoreOpenError */
  readonly opened: Promise<void>;
  readonly #worker: Worker;
  #expected: PromiseWithResolvers<FromWorker<Reply>> | null = null;
  #ending: Error | null = null;

  constructor(name: WorkerName, path: string) {
    this.#worker = new Worker(locate(name, import.meta.url));
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker<Reply>>) => this.#expected?.resolve(data);
    this.#worker.onerror = ({ message }) => this.#end(`The ${name} has died: ${message}`);
    this.opened = this.#open(path);
    // Whoever asks is told; that nobody has asked yet must not end the process.
    this.opened.catch(() => {});
  }

  /** Rejects when the worker has died, or was ended meanwhile. */
  async ask(request: Request): Promise<Reply> {
    await this.opened;
    const answer = await this.#send({ kind: "ask", request });
    if (answer.kind !== "reply") throw new Error(`The worker answered "${answer.kind}".`);
    return answer.reply;
  }

  /** Lets the worker close what it has open, and ends it. */
  async close(): Promise<void> {
    await this.opened.catch(() => {});
    if (this.#ending !== null) return;
    await this.#send({ kind: "close" });
    this.#end("The worker is closed.");
  }

  /** Ends the worker in the middle of whatever it does. */
  cut(): void {
    this.#end("The worker was ended.");
  }

  async #open(path: string): Promise<void> {
    const answer = await this.#send({ kind: "open", path });
    if (answer.kind !== "unopened") return;
    this.#end(answer.reason);
    throw new StoreOpenError(answer.reason);
  }

  #send(message: ToWorker<Request>): Promise<FromWorker<Reply>> {
    const expected = Promise.withResolvers<FromWorker<Reply>>();
    this.#expected = expected;
    if (this.#ending === null) this.#worker.postMessage(message);
    else expected.reject(this.#ending);
    return expected.promise;
  }

  #end(reason: string): void {
    if (this.#ending !== null) return;
    this.#ending = new Error(reason);
    this.#worker.terminate();
    this.#expected?.reject(this.#ending);
  }
}

/** In the binary all modules are one file at its root, and the workers lie below it as they lie below `src`. */
function locate(name: WorkerName, here: string): string {
  const isBundled = !here.endsWith("/worker-line.ts");
  return new URL(isBundled ? `./store/sqlite/${name}.ts` : `../${name}.ts`, here).href;
}
