import { Deadline } from "../../src/delivery/deadline.ts";
import { Exchanger, type Reply } from "../../src/delivery/exchanger.ts";
import { createGuard } from "../../src/delivery/guard.ts";
import { parseCidr } from "../../src/domain/ip.ts";
import { createClock } from "../../src/real/clock.ts";
import { createResolver } from "../../src/real/resolver.ts";
import { createTransport } from "../../src/real/transport.ts";
import type { ClaimedDelivery } from "../../src/store/contract.ts";
import type { Millis } from "../../src/world.ts";
import type { DnsServer } from "./dns-server.ts";

/** The only address that may be sent to: it stands for what is public, as far as a test can reach. */
export const OPEN_ADDRESS = "127.0.0.1";

/** The real resolver, guard and transport, and what an attempt does with them. */
export interface GuardedSending extends AsyncDisposable {
  /** One attempt at this URL, from the look-up to the end of the response. */
  send(url: string): Promise<Reply>;
  /** Every address that a connection was asked for, in order. */
  readonly addresses: readonly string[];
  /** Makes the guard's clock, and so the age of every answer, this much later. */
  age(ms: Millis): void;
}

const TIMEOUT_MS = 10_000;
const LIMITS = { connectTimeoutMs: TIMEOUT_MS, responseCaptureBytes: 1_024 };
const SEALING = { headerPrefix: "X-SmartCV-", userAgent: "Posthorn/test" };

/** @param server whom the names are asked of; nobody else is, and no hosts file */
export function startGuardedSending(server: DnsServer): GuardedSending {
  const clock = createClock();
  const transport = createTransport();
  const addresses: string[] = [];
  let aheadMs = 0;
  const open = parseCidr(`${OPEN_ADDRESS}/32`);
  const guard = createGuard({
    resolver: createResolver({ servers: [server.address], hostsFile: "/nonexistent/hosts" }),
    clock: { monotonic: () => clock.monotonic() + aheadMs },
    policy: { allowPrivateCidrs: open === null ? [] : [open], allowHosts: [], ownTargets: [] },
  });
  const watched: Pick<typeof transport, "send"> = {
    send(request, cutoff) {
      addresses.push(request.address);
      return transport.send(request, cutoff);
    },
  };
  const exchanger = new Exchanger({ guard, transport: watched, clock, sealing: SEALING, ...LIMITS });
  return {
    addresses,
    age: (ms) => {
      aheadMs += ms;
    },
    async send(url) {
      const deadline = new Deadline(clock, TIMEOUT_MS);
      try {
        return await exchanger.exchange(deliveryTo(url), deadline, TIMEOUT_MS);
      } finally {
        deadline.clear();
      }
    },
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

function deliveryTo(url: string): ClaimedDelivery {
  return {
    lease: { delivery: 1, token: 1 },
    webhook: {
      ...{ key: 1, id: "webhook_1", tenant: "default", url, events: ["*"], secret: "your_webhook_secret" },
      ...{ active: true, disabledReason: null, description: null, retryScheduleMs: null, timeoutMs: null },
      ...{ headers: [], urlPassed: false, createdAt: 0, updatedAt: 0, deletedAt: null },
    },
    ...{ deliveryId: "delivery_1", eventId: "event_1", eventType: "resume.created", body: "{}" },
    ...{ attempts: 0, isTest: false },
  };
}
