import type { Bench } from "./bench.ts";

/** The functions that a part serves: what each takes and gives, which has to survive a message. */
export type Protocol<Functions> = {
  readonly [Name in keyof Functions]: { readonly argument: unknown; readonly value: unknown };
};

/** A process of the benchmark's own, whose functions are called by message. */
export interface Part<Functions extends Protocol<Functions>> extends AsyncDisposable {
  readonly pid: number;
  /** @throws what the function threw, and when the process is gone */
  call<Name extends keyof Functions & string>(
    name: Name,
    argument: Functions[Name]["argument"],
  ): Promise<Functions[Name]["value"]>;
}

interface Call {
  readonly number: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Reply {
  readonly number: number;
  readonly value?: unknown;
  readonly error?: string;
}

type Waiting = PromiseWithResolvers<unknown>;

/** Starts `file`, which has to call `serve`. */
export function startPart<Functions extends Protocol<Functions>>(bench: Bench, file: string): Part<Functions> {
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  const child = bench.adopt(
    Bun.spawn([process.execPath, file], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (reply: Reply) => settle(waiting, reply),
    }),
  );
  void child.exited.then((code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${code}`));
  });
  return {
    pid: child.pid,
    call: (name, argument) => {
      const call: Call = { number: ++calls, name, argument };
      const reply = Promise.withResolvers<unknown>();
      waiting.set(call.number, reply);
      child.send(call);
      return reply.promise;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

function settle(waiting: Map<number, Waiting>, { number, value, error }: Reply): void {
  const reply = waiting.get(number);
  waiting.delete(number);
  if (error === undefined) reply?.resolve(value);
  else reply?.reject(new Error(error));
}

/** The other side of `startPart`: answers calls until whoever started this process is gone. */
export function serve<Functions extends Protocol<Functions>>(
  functions: {
    readonly [Name in keyof Functions & string]: (
      argument: Functions[Name]["argument"],
    ) => Functions[Name]["value"] | Promise<Functions[Name]["value"]>;
  },
): void {
  process.on("disconnect", () => process.exit());
  process.on("message", async ({ number, name, argument }: Call) => {
    const known = new Map<string, (argument: unknown) => unknown>(Object.entries(functions));
    try {
      process.send?.({ number, value: await known.get(name)?.(argument) });
    } catch (error) {
      process.send?.({ number, error: String(error) });
    }
  });
}
