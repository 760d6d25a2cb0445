import type { TSchema } from "@sinclair/typebox";
import type { ProblemCode } from "../domain/problem-codes.ts";

/** What the OpenAPI document says of a route beyond its path, its schemas and who may use it. */
export interface RouteDocument {
  readonly tag: Tag;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly answer: AnswerDocument;
  /** Bodies that work as they stand, by a short title. */
  readonly bodies?: Readonly<Record<string, unknown>>;
  /** What can go wrong here besides what can go wrong everywhere. */
  readonly problems?: readonly ProblemCode[];
  readonly headers?: readonly HeaderDocument[];
  /** What may stand in a place of the path, where it is one of a few. */
  readonly places?: Readonly<Record<string, readonly string[]>>;
}

export type Tag = "Webhooks" | "Events" | "Logs" | "Keys" | "Session" | "Audit" | "Health" | "Documentation";

export interface AnswerDocument {
  readonly status: number;
  readonly description: string;
  /** `data`: in the envelope; `page`: a list of such rows in the envelope; `text`: not JSON at all. */
  readonly kind: "data" | "page" | "text";
  readonly schema: TSchema;
  readonly example: unknown;
  readonly contentType?: string;
}

export interface HeaderDocument {
  readonly name: string;
  readonly pattern: RegExp;
  readonly description: string;
}
