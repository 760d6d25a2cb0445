import faviconPath from "swagger-ui-dist/favicon-32x32.png" with { type: "file" };
import stylePath from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import bundlePath from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };

/** The page of the documentation. It loads nothing from anywhere else, and runs no script but these two files. */
export const SWAGGER_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Posthorn API</title>
    <link rel="icon" href="/swagger/favicon.png">
    <link rel="stylesheet" href="/swagger/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/swagger/swagger-ui-bundle.js"></script>
    <script src="/swagger/start.js"></script>
  </body>
</html>
`;

/**
 * The browser sends the session's cookie by itself, and lets no page set one: a field for it would only take the focus from
 * that of the key. A pasted key goes with the page, since what a browser stores outlives whoever sat at it.
 */
const START = `const isCookie = (scheme) => scheme.get("in") === "cookie";
const withoutCookie = (Auths, { React }) => (props) =>
  props.definitions.every(isCookie) ? null : React.createElement(Auths, props);

window.ui = SwaggerUIBundle({
  url: "/swagger/json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  withCredentials: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  validatorUrl: null,
  plugins: [{ wrapComponents: { auths: withoutCookie } }],
});
`;

/** Scripts and styles come from here alone; some of Swagger UI's icons are written into its style sheet. */
export const SWAGGER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export interface Asset {
  readonly content: string | ReturnType<typeof Bun.file>;
  readonly contentType: string;
}

const JAVASCRIPT = "text/javascript; charset=utf-8";

/** The files of the page by their names. */
export const SWAGGER_ASSETS: ReadonlyMap<string, Asset> = new Map([
  ["swagger-ui-bundle.js", { content: Bun.file(bundlePath), contentType: JAVASCRIPT }],
  ["start.js", { content: START, contentType: JAVASCRIPT }],
  ["swagger-ui.css", { content: Bun.file(stylePath), contentType: "text/css; charset=utf-8" }],
  ["favicon.png", { content: Bun.file(faviconPath), contentType: "image/png" }],
]);
