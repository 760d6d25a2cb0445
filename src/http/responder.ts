import { newId } from "../domain/ids.ts";
import type { Answer } from "./answer.ts";
import type { Access } from "./auth.ts";
import type { Connection } from "./connection.ts";
import { allowOrigin } from "./cors.ts";
import { problemAnswer, problemOf } from "./errors.ts";
import type { HttpParts } from "./parts.ts";
import { pathOf } from "./path-table.ts";
import { refuseSeveralHosts } from "./several-hosts.ts";
import { tlsOnly } from "./tls-only.ts";
import { createWrongKeys } from "./wrong-keys.ts";

/**
 * The response to a request, made of what `answerTo` answers or throws: with an id, and counted. Never rejects.
 *
 * @param access what its route asks for
 */
export type Responder = (
  request: Request,
  answerTo: (requestId: string) => Answer | Promise<Answer>,
  access: Access,
  connection?: Connection,
) => Promise<Response>;

export function createResponder(parts: HttpParts): Responder {
  const { clock, random, settings, metrics, report, isCrowded } = parts;
  const wrongKeys = createWrongKeys(parts);
  const withTls = tlsOnly(settings);
  return async (request, answerTo, access, connection) => {
    const requestId = newId("req", clock.wall(), random.bytes(10));
    let isStranger = access === "open";
    let answer: Answer;
    try {
      refuseSeveralHosts(request);
      answer = await answerTo(requestId);
    } catch (error) {
      // A problem is told to the client; what nobody foresaw is reported, and the client learns no more than the request's id.
      const found = problemOf(error);
      isStranger ||= found.status === 401;
      const problem = wrongKeys(found, request, connection);
      if (problem.code === "internal_error")
        report({ error, requestId, method: request.method, path: pathOf(request) });
      answer = problemAnswer(problem, requestId);
    }
    metrics.requestAnswered(request.method, answer.status);
    const kept = allowOrigin(withTls(answer.headers), request, settings);
    const headers = isStranger && isCrowded() ? closing(kept) : kept;
    // A response copies its headers when it is made. So those of a kind can bear one request's id after the other's, which
    // costs a third of setting them all on each response.
    headers.set("X-Request-Id", requestId);
    return new Response(answer.content, { status: answer.status, headers });
  };
}

/** Of whoever shows no key, no connection is kept while there are few left to be had. */
function closing(kept: Headers): Headers {
  const headers = new Headers(kept);
  headers.set("Connection", "close");
  return headers;
}
