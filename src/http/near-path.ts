import { closest } from "../domain/suggestion.ts";
import { NEAR_PATH_MAX_CHARACTERS } from "../limits.ts";

/** The path of ours that was probably meant, with the client's own ids in its places; null when none is near. */
export type NearPath = (path: string) => string | null;

export function nearPath(routes: readonly { readonly path: string }[]): NearPath {
  const templates = [...new Set(routes.map(({ path }) => path))].map((path) => path.split("/"));
  return (path) => {
    if (path.length > NEAR_PATH_MAX_CHARACTERS) return null;
    const trimmed = path.replace(/\/+$/, "");
    const meant = [trimmed, trimmed.replace(OTHER_PREFIX, "/api")].map((each) => nearest(each.split("/"), templates));
    return meant.find((each) => each !== null) ?? null;
  };
}

/** Where other APIs begin: at once, or with a version. */
const OTHER_PREFIX = /^(\/api)?(\/v\d+)?/;

function nearest(given: readonly string[], templates: readonly (readonly string[])[]): string | null {
  const near = templates.filter((template) => isNear(given, template));
  const rightParts = (template: readonly string[]) => template.filter((part, at) => part === given[at]).length;
  const [best] = near.toSorted((one, other) => rightParts(other) - rightParts(one));
  return best?.map((part, at) => (isPlace(part) ? given[at] : part)).join("/") ?? null;
}

function isNear(given: readonly string[], template: readonly string[]): boolean {
  if (given.length !== template.length) return false;
  return template.every((part, at) => isPlace(part) || closest(given[at] ?? "", [part]) !== null);
}

function isPlace(part: string): boolean {
  return part.startsWith(":");
}
