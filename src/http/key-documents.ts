import { EndedView, KeyView, NewKeyView, SessionView } from "./key-schemas.ts";
import type { RouteDocument } from "./route-document.ts";
import { DeletedView } from "./webhook-schemas.ts";

/** Right in form and check characters, and nobody's. */
const TOKEN = "posthorn_LhHNA9Gj0zEc8OEE7u7HWqO9ibBRlMFFGem5w9oDDvy3Sfa7v";
const KEY_ID = "key_01jgb4s0c8p5r2v6k9m3x7t1qz";

const KEY = {
  id: KEY_ID,
  name: "The app",
  scope: "publish",
  tenant: "default",
  created_at: "2024-12-30T10:00:00.000Z",
  expires_at: null,
};

export const CREATE_KEY: RouteDocument = {
  tag: "Keys",
  operationId: "createKey",
  summary: "Make a key",
  description:
    "Its token is in this answer and never again: only its SHA-256 is stored. A key of one tenant makes keys of that tenant, and one that expires none that outlives it.",
  bodies: {
    "For the app that posts events": { name: "The app", scope: "publish" },
    "For a monitor of the whole process": { name: "Prometheus", scope: "read", tenant: null },
    "For a while": { name: "Support", scope: "read", expires_at: "2099-12-31T23:59:59Z" },
  },
  answer: {
    status: 201,
    description: "The key and its token.",
    kind: "data",
    schema: NewKeyView,
    example: { ...KEY, token: TOKEN },
  },
  problems: ["foreign_tenant", "too_many_keys"],
};

export const LIST_KEYS: RouteDocument = {
  tag: "Keys",
  operationId: "listKeys",
  summary: "List keys",
  description: "Newest first; all tenants' for a key of all tenants, unless X-Tenant names one.",
  answer: {
    status: 200,
    description: "The keys, without their tokens.",
    kind: "page",
    schema: KeyView,
    example: [KEY],
  },
  problems: ["read_too_slow"],
};

export const DELETE_KEY: RouteDocument = {
  tag: "Keys",
  operationId: "deleteKey",
  summary: "Delete a key",
  description: "It and the sessions that it opened end at the next request.",
  answer: {
    status: 200,
    description: "It is deleted.",
    kind: "data",
    schema: DeletedView,
    example: { id: KEY_ID, deleted: true },
  },
  problems: ["not_found", "last_admin_key"],
};

export const OPEN_SESSION: RouteDocument = {
  tag: "Session",
  operationId: "openSession",
  summary: "Open a session",
  description:
    "Answers with an HttpOnly cookie, so that pages of this origin can call the API with `credentials: 'include'`. It lasts 12 hours, or as long as its key.",
  bodies: { "A key": { key: TOKEN } },
  answer: {
    status: 201,
    description: "The session is open.",
    kind: "data",
    schema: SessionView,
    example: { scope: "admin", tenant: null, expires_at: "2024-12-30T22:00:00.000Z" },
  },
  problems: ["invalid_key", "expired_key", "webhook_secret_as_key", "too_many_wrong_keys", "rate_limited"],
};

export const CLOSE_SESSION: RouteDocument = {
  tag: "Session",
  operationId: "closeSession",
  summary: "Close the session",
  description: "Forgets the cookie's session, if there is one.",
  answer: {
    status: 200,
    description: "There is no session any more.",
    kind: "data",
    schema: EndedView,
    example: { ended: true },
  },
  problems: ["cross_site_request"],
};
