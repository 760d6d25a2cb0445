import { newId } from "../domain/ids.ts";
import type { Answer } from "./answer.ts";
import { allowOrigin } from "./cors.ts";
import { problemAnswer, problemOf } from "./errors.ts";
import type { HttpParts } from "./parts.ts";
import { pathOf } from "./path-table.ts";

/** The response to a request, made of what `answerTo` answers or throws: with an id, and counted. Never rejects. */
export type Responder = (
  request: Request,
  answerTo: (requestId: string) => Answer | Promise<Answer>,
) => Promise<Response>;

export function createResponder(parts: HttpParts): Responder {
  const { clock, random, settings, metrics } = parts;
  return async (request, answerTo) => {
    const requestId = newId("req", clock.wall(), random.bytes(10));
    let answer: Answer;
    try {
      answer = await answerTo(requestId);
    } catch (error) {
      answer = answerOf(error, request, requestId, parts);
    }
    metrics.requestAnswered(request.method, answer.status);
    const headers = allowOrigin(answer.headers, request, settings);
    // A response copies its headers when it is made. So those of a kind can bear one request's id after the other's, which
    // costs a third of setting them all on each response.
    headers.set("X-Request-Id", requestId);
    return new Response(answer.content, { status: answer.status, headers });
  };
}

/** A problem is told to the client; what nobody foresaw is reported, and the client learns no more than the request's id. */
function answerOf(error: unknown, request: Request, requestId: string, { report }: Pick<HttpParts, "report">): Answer {
  const problem = problemOf(error);
  const { method } = request;
  if (problem.code === "internal_error") report({ error, requestId, method, path: pathOf(request) });
  return problemAnswer(problem, requestId);
}
