/** What the main thread sends: first `open`, then requests, one at a time, and at last `close`. */
export type ToWorker<Request> =
  | { readonly kind: "open"; readonly path: string }
  | { readonly kind: "ask"; readonly request: Request }
  | { readonly kind: "close" };

/** What comes back, one for one. `unopened`: a sentence for the operator. */
export type FromWorker<Reply> =
  | { readonly kind: "opened" }
  | { readonly kind: "unopened"; readonly reason: string }
  | { readonly kind: "reply"; readonly reply: Reply }
  | { readonly kind: "closed" };

export interface Served<Request, Reply> {
  answer(request: Request): Reply;
  close(): void;
}

declare const self: Worker;

/** The worker's side of the line: opens what the first message names, answers every request, closes. */
export function serve<Request, Reply>(open: (path: string) => Served<Request, Reply>): void {
  let served: Served<Request, Reply> | null = null;
  self.onmessage = ({ data }: MessageEvent<ToWorker<Request>>) => {
    if (data.kind === "open") self.postMessage(tryToOpen(data.path));
    else if (data.kind === "close") self.postMessage(shut());
    else if (served !== null) self.postMessage({ kind: "reply", reply: served.answer(data.request) });
  };

  function tryToOpen(path: string): FromWorker<Reply> {
    try {
      served = open(path);
      return { kind: "opened" };
    } catch (error) {
      return { kind: "unopened", reason: error instanceof Error ? error.message : String(error) };
    }
  }

  function shut(): FromWorker<Reply> {
    served?.close();
    return { kind: "closed" };
  }
}
