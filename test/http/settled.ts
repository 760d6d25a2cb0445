import type { Attempt } from "../../src/domain/attempt.ts";
import type { Transition } from "../../src/domain/delivery.ts";
import { newId } from "../../src/domain/ids.ts";
import type { HttpParts } from "../../src/http/parts.ts";
import type { Store } from "../../src/store/contract.ts";
import type { HttpApp } from "../support/http-app.ts";

const AT = Date.parse("2024-12-30T10:00:00Z");

/** An attempt that a receiver answered with 200 after 145 ms, unless a test says otherwise. */
export function attempt(differences: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    startedAt: AT,
    durationMs: 145,
    url: "https://example.com/hook",
    code: "success",
    error: null,
    statusCode: 200,
    signed: { timestampSeconds: AT / 1_000, signatureHex: "ab".repeat(32), customHeaderNames: ["X-Token"] },
    response: {
      headers: [
        ["content-type", "text/plain"],
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
      body: new TextEncoder().encode("OK"),
      bodyEnd: "complete",
    },
    timings: { dnsMs: 3, connectMs: 12, tlsMs: null, firstByteMs: 143 },
    ...differences,
  };
}

/** Ends the delivery that was woken at that place, as the loop would. */
export async function settle(app: HttpApp, index: number, next: Transition, ended = attempt()): Promise<void> {
  const ready = app.woken[index];
  if (ready === undefined) throw new Error(`no delivery was woken at ${index}`);
  const [claimed] = await app.store.claim([ready]);
  if (claimed === undefined) throw new Error(`delivery ${index} cannot be claimed`);
  await app.store.settle({ lease: claimed.lease, attempt: ended, next });
}

export const FAILED_ATTEMPT = attempt({
  code: "status",
  statusCode: 500,
  error: "HTTP 500 Internal Server Error",
  durationMs: 80,
});

/** A sender of tests whose receiver always says 500; it writes down the event types. */
export function refusedTests(asked: string[]): (store: Store) => HttpParts["sendTest"] {
  return (store) => async (webhook, type) => {
    asked.push(type);
    const at = webhook.createdAt;
    const ids = {
      id: `test-${asked.length}`,
      firstDeliveryId: newId("delivery", at, new Uint8Array(10).fill(asked.length)),
    };
    const event = { ...ids, type, tenant: webhook.tenant, createdAt: at, apiVersion: "1", body: "{}", dueAt: at };
    const claimed = await store.ingestTest(event, webhook.key);
    if (claimed === null) return { kind: "gone" };
    await store.settle({ lease: claimed.lease, attempt: FAILED_ATTEMPT, next: { to: "failed", because: "exhausted" } });
    return { kind: "sent", deliveryId: claimed.deliveryId };
  };
}
