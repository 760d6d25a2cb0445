import { DETAILS_MAX, KEYS_PER_TENANT_MAX } from "../limits.ts";

interface ProblemKind {
  readonly status: number;
  /** For the documentation: when this code is given. */
  readonly meaning: string;
  /** What to do about it, unless the problem at hand knows better. */
  readonly hint: string;
}

const FIRST_KEY =
  "The first key is POSTHORN_ADMIN_KEY, or else stands in admin.key in the data directory; with it, POST /api/keys makes others.";

/** Every way in which the API says no. The codes are part of the contract: they are never renamed. */
export const PROBLEMS = {
  invalid_json: {
    status: 400,
    meaning: "The body is not JSON; the message names the line and the column.",
    hint: "Send one JSON object, as in the examples at /swagger.",
  },
  invalid_encoding: {
    status: 400,
    meaning: "The body is not UTF-8, or it begins with a byte order mark.",
    hint: "Send the body as UTF-8 without a byte order mark.",
  },
  several_hosts: {
    status: 400,
    meaning: "The request has more than one Host header.",
    hint: "Send one Host header, as RFC 9112 asks; where a proxy adds one, let it replace the other.",
  },
  missing_key: {
    status: 401,
    meaning: "The request bears neither a key nor a session cookie.",
    hint: `Send \`Authorization: Bearer <key>\`, or open a session with POST /api/session. ${FIRST_KEY}`,
  },
  invalid_key: {
    status: 401,
    meaning: "The key is unknown, mistyped or deleted.",
    hint: FIRST_KEY,
  },
  expired_key: {
    status: 401,
    meaning: "The key was valid once.",
    hint: "Make a new key with POST /api/keys and an admin key.",
  },
  webhook_secret_as_key: {
    status: 401,
    meaning: "A webhook's secret was sent in the place of a key.",
    hint: "A webhook's secret verifies signatures at the receiver. The API takes keys: they begin with posthorn_.",
  },
  invalid_session: {
    status: 401,
    meaning: "The session cookie is unknown or has expired, or its key is gone.",
    hint: "Open a new session with POST /api/session.",
  },
  insufficient_scope: {
    status: 403,
    meaning: "The key's scope does not cover the request.",
    hint: "Use a key of the scope that is named.",
  },
  foreign_tenant: {
    status: 403,
    meaning: "The key belongs to one tenant, and the request is about another or about all of them.",
    hint: "Leave X-Tenant away, or use a key of that tenant or of all tenants.",
  },
  cross_site_request: {
    status: 403,
    meaning: "A writing request with the session cookie came from a page of another origin.",
    hint: "Send a key instead of the cookie, or add the page's origin to POSTHORN_CORS_ORIGINS.",
  },
  not_found: {
    status: 404,
    meaning: "There is nothing of that id that this key may see.",
    hint: "Check the id and the tenant.",
  },
  unknown_route: {
    status: 404,
    meaning: "The API has no such path.",
    hint: "All routes are listed at /swagger.",
  },
  method_not_allowed: {
    status: 405,
    meaning: "The path exists, but not with this method; `Allow` lists those it has.",
    hint: "Use a method that `Allow` names.",
  },
  event_id_taken: {
    status: 409,
    meaning: "An event of that id exists and has another type or other data.",
    hint: "Use a new id for a new event. The same id may only repeat the same event.",
  },
  loop_detected: {
    status: 409,
    meaning: "The request is itself one of Posthorn's deliveries.",
    hint: "Post events from the app, and do not forward the headers of a delivery.",
  },
  too_many_webhooks: {
    status: 409,
    meaning: "The tenant has as many webhooks as POSTHORN_MAX_WEBHOOKS allows; deleted ones do not count.",
    hint: "Delete a webhook that is not needed any more, or raise POSTHORN_MAX_WEBHOOKS.",
  },
  too_many_keys: {
    status: 409,
    meaning: `The tenant, or all tenants as a group, has ${KEYS_PER_TENANT_MAX} keys; expired ones count while they are listed.`,
    hint: "Delete a key that is not needed any more, or that has expired.",
  },
  changed_meanwhile: {
    status: 409,
    meaning:
      "A change that kept masked headers was overtaken by other changes of them, several times; nothing was changed.",
    hint: "Read the webhook again and repeat the request.",
  },
  last_admin_key: {
    status: 409,
    meaning: "It is the last admin key of all tenants, or the others end before it: nothing else could make another.",
    hint: "Make another admin key of all tenants first, without an end, or set POSTHORN_ADMIN_KEY.",
  },
  body_too_large: {
    status: 413,
    meaning: "The body is longer than the limit that the message names.",
    hint: "Send a shorter body.",
  },
  unsupported_media_type: {
    status: 415,
    meaning: "The body's Content-Type is not application/json.",
    hint: "Send `Content-Type: application/json`.",
  },
  unsupported_content_encoding: {
    status: 415,
    meaning: "The body is compressed.",
    hint: "Send the body without Content-Encoding.",
  },
  validation_failed: {
    status: 422,
    meaning: `One or more fields, parameters or headers are not as they must be; \`details\` lists the first ${DETAILS_MAX} of them.`,
    hint: "Correct the fields in `details` and send the request again.",
  },
  url_blocked: {
    status: 422,
    meaning: "The URL is one that Posthorn does not connect to; `details` names the rule.",
    hint: "Use a public http or https URL.",
  },
  too_many_tests: {
    status: 429,
    meaning: "As many tests as a tenant may run at once are running.",
    hint: "Wait for a test to end, and try again.",
  },
  too_many_reads: {
    status: 429,
    meaning: "So much that the tenant asked for waits for its turn, or is not read yet, that no more is taken in.",
    hint: "Read the answers that are on their way to their end, and ask again.",
  },
  too_many_wrong_keys: {
    status: 429,
    meaning: "Too many wrong keys came from the client's address. A valid key is not held up.",
    hint: `Wait as long as \`Retry-After\` says, and send a valid key. ${FIRST_KEY}`,
  },
  rate_limited: {
    status: 429,
    meaning: "The key, with its sessions, sends more requests a second than POSTHORN_RATE_LIMIT allows.",
    hint: "Wait as long as `Retry-After` says and repeat the request.",
  },
  internal_error: {
    status: 500,
    meaning: "Posthorn has a fault. It is in the log under the request's id.",
    hint: "Try again; if it stays, look for the request id in the log.",
  },
  storage_full: {
    status: 503,
    meaning: "There is no room on the disk, or too little for new deliveries: nothing was stored.",
    hint: "Repeat the request with the same id: it works again as soon as there is room.",
  },
  storage_busy: {
    status: 503,
    meaning: "Another program holds the database: nothing was stored.",
    hint: "Repeat the request with the same id: it works again as soon as that program lets go.",
  },
  backlog_full: {
    status: 503,
    meaning: "As many deliveries are pending as POSTHORN_MAX_BACKLOG allows: nothing was stored.",
    hint: "Repeat the request with the same id: it works again when a tenth of the backlog has been worked off.",
  },
  read_too_slow: {
    status: 503,
    meaning: "A read was cut off because it took too long.",
    hint: "Ask for fewer rows with `limit`.",
  },
  not_ready: {
    status: 503,
    meaning: "Only of `/readyz`: Posthorn cannot take events now; the message says why.",
    hint: "Send no traffic here until it is ready again.",
  },
  shutting_down: {
    status: 503,
    meaning: "Posthorn is stopping and takes nothing new.",
    hint: "Repeat the request with the same id in a few seconds.",
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type ProblemCode = keyof typeof PROBLEMS;

export const PROBLEM_CODES = Object.keys(PROBLEMS).filter((code): code is ProblemCode => code in PROBLEMS);
