import { type Catalogue, EVENT_TYPE_FORM, isEventTypeName, knows } from "../domain/event-types.ts";
import type { ProblemDetail } from "../domain/problem.ts";
import { didYouMean } from "../domain/suggestion.ts";
import { received } from "./validation.ts";

/** What is wrong with an event type that a client names: nothing, or that the catalogue does not know it. */
export function typeProblems(path: string, type: string, catalogue: Catalogue): readonly ProblemDetail[] {
  if (knows(catalogue, type)) return [];
  return [{ path, message: sentence(type, catalogue), ...received(type) }];
}

function sentence(type: string, catalogue: Catalogue): string {
  if (catalogue === "any" || !isEventTypeName(type))
    return `Must be an event type such as "resume.created", ${EVENT_TYPE_FORM}.`;
  const names = catalogue.map(({ name }) => name);
  return `There is no event type of this name.${didYouMean(type, names) || " GET /api/event-types lists them all."}`;
}
