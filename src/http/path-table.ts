/** Which methods a path has, whatever stands in its places. */
export type PathTable = (path: string) => readonly string[];

/** Made from the routes themselves, so that `Allow` can never tell a lie. */
export function pathTable(routes: readonly { readonly method: string; readonly path: string }[]): PathTable {
  const byPath = Map.groupBy(routes, ({ path }) => path);
  const rows = [...byPath].map(([path, group]) => ({
    pattern: patternOf(path),
    methods: group.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])),
  }));
  return (path) => {
    const methods = rows.find(({ pattern }) => pattern.test(path))?.methods;
    return methods === undefined ? [] : [...methods, "OPTIONS"];
  };
}

/** As the router reads a path: a place holds anything but a slash, and a slash at the end makes no difference. */
function patternOf(path: string): RegExp {
  const parts = path.split("/").map((part) => (part.startsWith(":") ? "[^/]+" : RegExp.escape(part)));
  return new RegExp(`^${parts.join("/")}/?$`);
}

/** The path of a request as the table knows it: without the query, and without what only looks like a part of it. */
export function pathOf(request: Request): string {
  return URL.parse(wholeUrl(request))?.pathname ?? "/";
}

/** Bun gives the target alone when the request names no host that a URL could bear, as an HTTP/1.0 client need not. */
export function wholeUrl({ url }: Request): string {
  return url.startsWith("/") ? `http://localhost${url}` : url;
}
