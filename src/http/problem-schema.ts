import { Type } from "@sinclair/typebox";
import { PROBLEM_CODES } from "../domain/problem-codes.ts";
import { oneOf, record } from "./schemas.ts";

const DetailView = record(
  {
    path: Type.String({
      description: "A JSON pointer into the body (`/events/0`), `?name` for a query parameter, or a header's name.",
    }),
    message: Type.String({ description: "What it must be." }),
    received: Type.Optional(Type.Unknown({ description: "The value as it came, shortened, unless it may be secret." })),
    rule: Type.Optional(Type.String({ description: "The rule that refused a URL." })),
  },
  "A field that needs attention.",
);

/** The body of every failure. */
export const ProblemView = record(
  {
    success: Type.Literal(false),
    error: record(
      {
        code: oneOf(PROBLEM_CODES, "Stable."),
        message: Type.String({ description: "A sentence that a person can act on. It may change." }),
        details: Type.Array(DetailView, { description: "The fields, when it is about fields." }),
        hint: Type.String({ description: "What to do about it." }),
        request_id: Type.String({ description: "As in `X-Request-Id`; the log of a fault bears it." }),
      },
      "What went wrong.",
    ),
  },
  "A failure.",
);
