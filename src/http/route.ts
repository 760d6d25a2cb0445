import type { Static, TObject } from "@sinclair/typebox";
import type { Answer } from "./answer.ts";
import type { Access, Caller, Gate } from "./auth.ts";
import { type Body, type BodyRule, bodyJudge } from "./body-rule.ts";
import { queryReader } from "./query.ts";
import { isTenantsRead } from "./reads.ts";
import { membersIn, NO_MEMBERS, readBody } from "./request-body.ts";
import type { RouteDocument } from "./route-document.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** What stands in the places of the path; undefined where the client's percent-encoding is broken. */
export type Params = Readonly<Record<string, string | undefined>>;

/** A route as the server mounts it and the document describes it; the types of its own parts are behind it. */
export interface Route {
  readonly method: Method;
  /** With `:name` for each place. */
  readonly path: string;
  readonly access: Access;
  readonly body?: BodyRule;
  readonly query?: TObject;
  /** When the request, and the answer, may take longer than a connection may be idle, or only less. */
  readonly answerSeconds?: number;
  readonly document: RouteDocument;
  /** @throws Problem */
  serve(request: Request, params: Params, gate: Gate, requestId: string): Promise<Answer>;
}

/** A request whose parts are as the route's schemas say. */
export interface OpenCall<Value> extends Body<Value> {
  readonly request: Request;
  readonly params: Params;
  readonly gate: Gate;
}

export interface Call<Value, Query> extends Omit<OpenCall<Value>, "gate"> {
  readonly caller: Caller;
  readonly requestId: string;
  readonly query: Query;
}

interface OpenDefinition<Fields extends TObject> extends Omit<Route, "access" | "query" | "serve"> {
  readonly body?: BodyRule<Fields>;
  handle(call: OpenCall<Static<Fields>>): Answer | Promise<Answer>;
}

interface Definition<Fields extends TObject, Query extends TObject> extends Omit<Route, "serve"> {
  readonly access: Exclude<Access, "open">;
  readonly body?: BodyRule<Fields>;
  readonly query?: Query;
  handle(call: Call<Static<Fields>, Static<Query>>): Answer | Promise<Answer>;
}

/** A route for those who may use it: first the key, then the query (a parameter nobody knows is refused), then the body. */
export function route<Fields extends TObject, Query extends TObject>(definition: Definition<Fields, Query>): Route {
  const { handle, ...rest } = definition;
  const { access, body: rule } = definition;
  const queryOf = queryReader(definition.query);
  const bodyOf = bodyJudge(rule);
  const waits = isTenantsRead(definition);
  return {
    ...rest,
    serve: async (request, params, gate, requestId) => {
      const caller = gate.admit(await gate.identify(request), access, request);
      const query = queryOf(request.url);
      const read = rule === undefined ? NO_MEMBERS : membersIn(await readBody(request, rule), request, rule);
      const { body, members } = bodyOf(read);
      const answer = () => handle({ request, requestId, params, caller, query, body, members });
      // Awaited here, since a promise that is returned from an async function takes two turns more.
      return await (waits ? gate.reads(caller, request, answer) : answer());
    },
  };
}

/** A route for everybody. */
export function openRoute<Fields extends TObject>(definition: OpenDefinition<Fields>): Route {
  const { handle, ...rest } = definition;
  const { body: rule } = definition;
  const bodyOf = bodyJudge(rule);
  return {
    ...rest,
    access: "open",
    serve: async (request, params, gate) => {
      const read = rule === undefined ? NO_MEMBERS : membersIn(await readBody(request, rule), request, rule);
      const { body, members } = bodyOf(read);
      return await handle({ request, params, gate, body, members });
    },
  };
}
