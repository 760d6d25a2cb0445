import type { Store } from "../../contract.ts";
import type { FrontParts } from "./front-parts.ts";

type WebhookVerbs = Pick<Store, "createWebhook" | "listWebhooks" | "findWebhook" | "updateWebhook" | "deleteWebhook">;

export function webhookVerbs({ writes, reads, seal, webhooks }: FrontParts): WebhookVerbs {
  return {
    createWebhook: (webhook) =>
      writes.write({ verb: "createWebhook", argument: seal.close(webhook) }, (sealed) => webhooks.learn(sealed)),

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

    updateWebhook: (tenant, id, changes, now) =>
      writes.write(
        { verb: "updateWebhook", argument: { tenant, id, changes: seal.closeChanges(id, changes), now } },
        (sealed) => (sealed === null ? null : webhooks.learn(sealed)),
      ),

    deleteWebhook: (tenant, id, now) =>
      writes.write({ verb: "deleteWebhook", argument: { tenant, id, now } }, (sealed) =>
        sealed === null ? null : webhooks.learn(sealed).key,
      ),
  };
}
