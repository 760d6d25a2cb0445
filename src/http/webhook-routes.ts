import type { Static } from "@sinclair/typebox";
import { newId } from "../domain/ids.ts";
import { Problem } from "../domain/problem.ts";
import type { Webhook } from "../domain/webhook.ts";
import { UPDATE_TRIES_MAX, WEBHOOK_SECRET_BYTES } from "../limits.ts";
import type { NewWebhook, Store, WebhookChanges } from "../store/contract.ts";
import { actorOf } from "./actor.ts";
import { answer, answerPage } from "./answer.ts";
import type { Caller } from "./auth.ts";
import { cursorAfter, pageRequest } from "./cursor.ts";
import { idIn, notFound, webhookIn } from "./found.ts";
import type { HttpParts } from "./parts.ts";
import { PageQuery } from "./query.ts";
import { type Route, route } from "./route.ts";
import { acceptUrl } from "./url-check.ts";
import {
  CREATE_WEBHOOK,
  DELETE_WEBHOOK,
  LIST_WEBHOOKS,
  READ_SECRET,
  READ_WEBHOOK,
  UPDATE_WEBHOOK,
} from "./webhook-documents.ts";
import { webhookInput } from "./webhook-input.ts";
import { NewWebhookBody, WebhookChangesBody } from "./webhook-schemas.ts";
import { newWebhookView, webhookView } from "./webhook-view.ts";

export interface WebhookParts
  extends Pick<HttpParts, "clock" | "random" | "settings" | "judge" | "wakeWebhook" | "tidySoon"> {
  readonly store: Pick<
    Store,
    "createWebhook" | "listWebhooks" | "findWebhook" | "updateWebhook" | "deleteWebhook" | "readSecret"
  >;
}

export function webhookRoutes(parts: WebhookParts): readonly Route[] {
  return [create(parts), list(parts), read(parts), update(parts), remove(parts), readSecret(parts)];
}

function create(parts: WebhookParts): Route {
  return route({
    method: "POST",
    path: "/api/webhooks",
    access: "manage",
    body: { schema: NewWebhookBody, alsoAsks: (given) => webhookInput(given, null, parts.settings).problems },
    document: CREATE_WEBHOOK,
    handle: async ({ body, caller, requestId }) => {
      const by = actorOf(caller, requestId);
      const { store, settings } = parts;
      const webhook = await store.createWebhook(await newWebhook(body, caller, parts), by, settings.maxWebhooks);
      if (webhook === null) throw tooMany(settings.maxWebhooks);
      return answer(newWebhookView(webhook), { status: 201, headers: { Location: `/api/webhooks/${webhook.id}` } });
    },
  });
}

function tooMany(max: number): Problem {
  return new Problem(
    "too_many_webhooks",
    `The tenant has ${max} webhooks, which is as many as POSTHORN_MAX_WEBHOOKS allows.`,
  );
}

/** @throws Problem 422 */
async function newWebhook(
  body: Static<typeof NewWebhookBody>,
  caller: Caller,
  parts: WebhookParts,
): Promise<NewWebhook> {
  const { changes, problems } = webhookInput(body, null, parts.settings);
  const urlPassed = await acceptUrl(body.url, problems, caller, parts);
  const createdAt = parts.clock.wall();
  const id = newId("webhook", createdAt, parts.random.bytes(10));
  const { url, events } = body;
  return { ...defaults(parts), url, events, ...changes, id, tenant: caller.tenant, urlPassed, createdAt };
}

function defaults({ random }: WebhookParts) {
  const secret = `whsec_${random.bytes(WEBHOOK_SECRET_BYTES).toBase64()}`;
  return { secret, active: true, description: null, retryScheduleMs: null, timeoutMs: null, headers: [] };
}

function list({ store }: WebhookParts): Route {
  return route({
    method: "GET",
    path: "/api/webhooks",
    access: "read",
    query: PageQuery,
    document: LIST_WEBHOOKS,
    handle: async ({ query, caller }) => {
      const identity = ["webhooks", caller.tenant];
      const page = await store.listWebhooks(caller.tenant, pageRequest(query, identity));
      return answerPage(page.rows.map(webhookView), cursorAfter(page, identity));
    },
  });
}

function read({ store }: WebhookParts): Route {
  return route({
    method: "GET",
    path: "/api/webhooks/:id",
    access: "read",
    document: READ_WEBHOOK,
    handle: async ({ params, caller }) => answer(webhookView(await webhookIn(params, caller, store))),
  });
}

function update(parts: WebhookParts): Route {
  const { store, settings, clock, wakeWebhook } = parts;
  return route({
    method: "PUT",
    path: "/api/webhooks/:id",
    access: "manage",
    body: { schema: WebhookChangesBody, alsoAsks: asksOfChanges(settings) },
    document: UPDATE_WEBHOOK,
    handle: async ({ params, body, caller, requestId }) => {
      for (let tries = 0; tries < UPDATE_TRIES_MAX; tries++) {
        const stored = await webhookIn(params, caller, store);
        const change = await changeOf(stored, body, caller, parts);
        const by = actorOf(caller, requestId);
        const webhook = await store.updateWebhook(caller.tenant, stored.id, change, clock.wall(), by);
        if (webhook === null) continue;
        wakeWebhook(webhook.key);
        return answer(webhookView(webhook));
      }
      throw new Problem("changed_meanwhile", "The webhook's headers changed while this request was reading them.");
    },
  });
}

/** @throws Problem 422 */
async function changeOf(
  stored: Webhook,
  body: Static<typeof WebhookChangesBody>,
  caller: Caller,
  parts: WebhookParts,
): Promise<WebhookChanges> {
  const { changes, problems } = webhookInput(body, stored, parts.settings);
  const newUrl = changes.url === stored.url ? undefined : changes.url;
  const urlPassed = await acceptUrl(newUrl, problems, caller, parts);
  return { ...changes, ...(newUrl !== undefined && { urlPassed }) };
}

/** Only who knows the stored webhook can judge its headers: a masked value may be right. */
function asksOfChanges(settings: WebhookParts["settings"]) {
  return ({ headers: _, ...given }: Partial<Static<typeof WebhookChangesBody>>) =>
    webhookInput(given, null, settings).problems;
}

function remove({ store, clock, wakeWebhook, tidySoon }: WebhookParts): Route {
  return route({
    method: "DELETE",
    path: "/api/webhooks/:id",
    access: "manage",
    document: DELETE_WEBHOOK,
    handle: async ({ params, caller, requestId }) => {
      const { id } = await webhookIn(params, caller, store);
      const key = await store.deleteWebhook(caller.tenant, id, clock.wall(), actorOf(caller, requestId));
      if (key === null) throw notFound("webhook");
      wakeWebhook(key);
      tidySoon();
      return answer({ id, deleted: true });
    },
  });
}

function readSecret({ store, clock }: WebhookParts): Route {
  return route({
    method: "GET",
    path: "/api/webhooks/:id/secret",
    access: "manage",
    document: READ_SECRET,
    handle: async ({ params, caller, requestId }) => {
      const id = idIn(params, "id", "webhook");
      const secret = await store.readSecret(caller.tenant, id, clock.wall(), actorOf(caller, requestId));
      if (secret === null) throw notFound("webhook");
      return answer({ id, secret });
    },
  });
}
