import assert from "node:assert/strict";
import type { Store } from "../../src/store/contract.ts";
import { type Operation, operationsOf } from "../support/api-document.ts";
import { type Asked, type HttpApp, type HttpAppOptions, startHttpApp, type Told } from "../support/http-app.ts";
import { FAILED_ATTEMPT, refusedTests, settle } from "./settled.ts";

/** An app that is attacked, in which there is one of everything that a path can name. */
export interface AttackedApp extends AsyncDisposable {
  readonly app: HttpApp;
  /** As the document describes them. */
  readonly operations: readonly Operation[];
  /**
   * Asks and checks what holds of every answer: no fault, the envelope with the request's id, and nothing written unless it
   * is a success.
   *
   * @param places what stands in those of the path; without it, the ids of what there is
   */
  ask(operation: Operation, asked: Asked & { readonly query?: string; readonly places?: string }): Promise<Told>;
}

const HOOK = { url: "https://example.com/hook", events: ["*"] };

export async function startAttackedApp(options: Pick<HttpAppOptions, "settings"> = {}): Promise<AttackedApp> {
  const written: string[] = [];
  const app = await startHttpApp({ ...options, wrap: (store) => watched(store, written), sendTest: refusedTests([]) });
  const operations = operationsOf((await app.call("GET", "/swagger/json", { key: null })).text);
  const webhook = (await app.call("POST", "/api/webhooks", { body: HOOK })).textAt("data.id");
  await app.call("POST", "/api/events", { body: { type: "resume.created", id: "mine", data: {} } });
  await settle(app, 0, { to: "failed", because: "exhausted" }, FAILED_ATTEMPT);
  const delivery = (await app.call("GET", `/api/webhooks/${webhook}/logs`)).textAt("data.0.id");
  const known = (path: string) =>
    path
      .replace("{id}", path.startsWith("/api/events") ? "mine" : webhook)
      .replace("{delivery_id}", delivery)
      .replace("{asset}", "start.js");
  return {
    ...{ app, operations },
    async ask(operation, { query = "", places, ...asked }) {
      const path = places === undefined ? known(operation.path) : operation.path.replaceAll(/\{\w+\}/g, places);
      written.length = 0;
      const told = await app.call(operation.method, path + query, asked);
      assertSane(told, app);
      if (told.status >= 400) assert.deepEqual(written, [], `${path} ${JSON.stringify(asked.body)} ${told.text}`);
      return told;
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

const WRITES = /^(create|update|delete|ingest|resend)/;

/** The store itself; what is written to it is noted. */
function watched(store: Store, written: string[]): Store {
  return new Proxy(store, {
    get: (target, verb: keyof Store) => {
      const member = target[verb];
      if (!WRITES.test(verb)) return member;
      return (...values: readonly unknown[]) => {
        written.push(verb);
        return Reflect.apply(member, target, values);
      };
    },
  });
}

/** Asserted without `expect`, which takes longer than the requests, of which there are many thousands. */
function assertSane({ status, headers, text, at }: Told, { faults }: HttpApp): void {
  assert.deepEqual(faults, []);
  assert(status < 500, `${status} ${text}`);
  const requestId = headers.get("x-request-id") ?? "";
  assert.match(requestId, /^req_[0-9a-z]{26}$/);
  if (status < 400) return;
  assert.equal(at("error.request_id"), requestId);
  assert(text.length < ANSWER_MAX_CHARACTERS, `an answer of ${text.length} characters: ${text.slice(0, 1_000)}`);
  assert(!/\\n\s+at |\.ts:\d/.test(text), `a stack: ${text}`);
}

/** Nobody is answered with more than a person would read, however much was sent. */
const ANSWER_MAX_CHARACTERS = 16_000;
