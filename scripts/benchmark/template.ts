import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { type Copies, copyRows } from "./copied-rows.ts";
import { payloadMaker } from "./payload.ts";
import type { Receiver } from "./receiver/receiver.ts";
import { type PosthornOptions, startPosthorn, type WebhookToMake } from "./subjects/posthorn.ts";

const FIRST_MAX_SECONDS = 10;

export interface Prepared {
  /** What to start Posthorn with; its webhooks are made, and the copies in its database. */
  readonly options: Required<Pick<PosthornOptions, "directory">>;
  readonly webhookIds: readonly string[];
}

export interface Preparation extends Copies {
  readonly receiver: Receiver;
  /** The first one is that of the copies. */
  readonly webhooks: readonly [WebhookToMake, ...WebhookToMake[]];
  /** Of each copied event. */
  readonly dataBytes: number;
}

/** Has Posthorn deliver one event, stops it, and copies that event as often as is asked. */
export async function prepared(bench: Bench, preparation: Preparation): Promise<Prepared> {
  const { receiver, webhooks, dataBytes, ...copies } = preparation;
  const [{ url, events }] = webhooks;
  const path = new URL(url).pathname;
  await using posthorn = await startPosthorn(bench);
  const webhookIds = await posthorn.subscribe(webhooks);
  await receiver.call("reset", { path, copies: 1 });
  await posthorn.api("POST", "/api/events", JSON.parse(payloadMaker(dataBytes)(events[0] ?? "", { number: 0, at: 0 })));
  await receiver.arrived(path, 1, FIRST_MAX_SECONDS);
  await posthorn.stop();
  copyRows(join(posthorn.directory, "data/posthorn.db"), copies);
  return { options: { directory: posthorn.directory }, webhookIds };
}
