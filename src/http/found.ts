import { type IdPrefix, parseId } from "../domain/ids.ts";
import { Problem } from "../domain/problem.ts";
import type { Webhook } from "../domain/webhook.ts";
import type { Store } from "../store/contract.ts";
import type { Caller } from "./auth.ts";
import type { Params } from "./route.ts";

/**
 * The id in a path.
 *
 * @throws Problem 404 when it cannot be the id of anything of that kind
 */
export function idIn(params: Params, place: string, prefix: IdPrefix): string {
  const text = params[place] ?? "";
  if (parseId(prefix, text) === null) throw notFound(prefix, `A ${prefix}'s id is ${prefix}_ and 26 characters.`);
  return text;
}

/** 404, the same for what never was and for what is another tenant's. */
export function notFound(kind: IdPrefix, hint?: string): Problem {
  return new Problem("not_found", `There is no ${kind} of this id.`, hint === undefined ? {} : { hint });
}

/**
 * The webhook that a path names.
 *
 * @throws Problem 404
 */
export async function webhookIn(
  params: Params,
  caller: Caller,
  store: Pick<Store, "findWebhook">,
  options: { readonly deletedToo: boolean } = { deletedToo: false },
): Promise<Webhook> {
  const webhook = await store.findWebhook(caller.tenant, idIn(params, "id", "webhook"), options);
  if (webhook === null) throw notFound("webhook");
  return webhook;
}
