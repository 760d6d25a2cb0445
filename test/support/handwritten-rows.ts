import { readFileSync } from "node:fs";
import { join } from "node:path";
import { POSTHORN } from "../../src/domain/audit.ts";
import { wireBody } from "../../src/domain/event.ts";
import { newId } from "../../src/domain/ids.ts";
import { createRealWorld } from "../../src/real/world.ts";
import { openStore } from "../../src/store/open.ts";
import { type Binary, nothingPending, startBinary } from "./binary.ts";
import type { Place } from "./place.ts";

/** A delivery of the event that was written, as the API tells of it. */
export interface WrittenDelivery {
  readonly url: string;
  readonly status: string;
  readonly status_code: number | null;
  readonly attempts: number;
  readonly error: string | null;
}

/** Writes a webhook for each URL and one event for all of them into the database of `place`: nothing judges what it is given. */
export async function writeRows(place: Place, urls: readonly string[]): Promise<void> {
  await servedOnce(place);
  const { clock, random } = createRealWorld({ openFilesMax: null });
  const secretKey = Buffer.from(readFileSync(join(place.dataDir, "secret.key"), "utf8"), "base64");
  const onFatal = (error: Error) => {
    throw error;
  };
  const store = await openStore({ dataDir: place.dataDir, secretKey, random, clock, onFatal });
  const createdAt = Math.floor(clock.wall() / 1_000) * 1_000;
  const id = (prefix: "webhook" | "event" | "delivery") => newId(prefix, clock.wall(), random.bytes(10));
  const common = { tenant: "default", events: ["*"], secret: "your_webhook_secret", active: true, createdAt };
  const defaults = { description: null, retryScheduleMs: null, timeoutMs: null, headers: [], urlPassed: false };
  const webhooks = urls.map((url) => ({ ...common, ...defaults, id: id("webhook"), url }));
  await Promise.all(webhooks.map((webhook) => store.createWebhook(webhook, POSTHORN, urls.length)));
  const parts = { id: id("event"), type: "resume.created", createdAt, apiVersion: "2024-12-30" };
  const body = wireBody(parts, "{}");
  await store.ingest({ ...parts, tenant: "default", body, firstDeliveryId: id("delivery"), dueAt: clock.wall() });
  await store.close();
}

/** What became of every delivery of the only event, when none is pending any more. */
export async function writtenDeliveries(posthorn: Binary): Promise<readonly WrittenDelivery[]> {
  await nothingPending(posthorn);
  const events = await posthorn.api<{ id: string }[]>("GET", "/api/events");
  const { data } = await posthorn.api<{ deliveries: WrittenDelivery[] }>("GET", `/api/events/${events.data[0]?.id}`);
  return data.deliveries;
}

/** The rule that refused it; null when none did. */
export function ruleOf({ error }: Pick<WrittenDelivery, "error">): string | null {
  return /^URL blocked: (\w+) /.exec(error ?? "")?.[1] ?? null;
}

async function servedOnce(place: Place): Promise<void> {
  await using posthorn = await startBinary(place);
  posthorn.signal("SIGTERM");
  await posthorn.ended;
}
