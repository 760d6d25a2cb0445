import type { Store, WebhookChanges } from "../../contract.ts";
import type { FrontParts } from "./front-parts.ts";

type WebhookVerbs = Pick<
  Store,
  "createWebhook" | "listWebhooks" | "findWebhook" | "updateWebhook" | "deleteWebhook" | "readSecret"
>;

export function webhookVerbs({ writes, reads, seal, webhooks }: FrontParts): WebhookVerbs {
  return {
    createWebhook: (webhook, by, maxOfTenant) =>
      writes.write({ verb: "createWebhook", argument: { ...seal.close(webhook), by, maxOfTenant } }, (sealed) =>
        sealed === null ? null : webhooks.learn(sealed),
      ),

    listWebhooks: (tenant, { limit, before }) =>
      reads.read({ verb: "listWebhooks", argument: { tenant, limit, before } }, ({ rows, next }) => ({
        rows: rows.map((sealed) => seal.open(sealed)),
        next,
      })),

    findWebhook: (tenant, id, options) =>
      reads.read({ verb: "findWebhook", argument: { tenant, id } }, (sealed) => {
        const isShown = sealed !== null && (sealed.deletedAt === null || options?.deletedToo === true);
        return isShown ? seal.open(sealed) : null;
      }),

    async updateWebhook(tenant, id, changes, now, by) {
      const find = { verb: "findWebhook", argument: { tenant, id } } as const;
      const stored = hasSealed(changes) ? await reads.read(find, (sealed) => sealed) : null;
      const closed = seal.closeChanges(id, changes, stored);
      return writes.write({ verb: "updateWebhook", argument: { tenant, id, changes: closed, now, by } }, (sealed) =>
        sealed === null ? null : webhooks.learn(sealed),
      );
    },

    deleteWebhook: (tenant, id, now, by) =>
      writes.write({ verb: "deleteWebhook", argument: { tenant, id, now, by } }, (sealed) =>
        sealed === null ? null : webhooks.learn(sealed).key,
      ),

    readSecret: (tenant, id, now, by) =>
      writes.write({ verb: "readSecret", argument: { tenant, id, now, by } }, (sealed) =>
        sealed === null ? null : webhooks.learn(sealed).secret,
      ),
  };
}

/** Whether the writer, which cannot open a seal, has to be shown by what is stored that a value is the same. */
function hasSealed({ secret, headers }: WebhookChanges): boolean {
  return secret !== undefined || headers !== undefined;
}
