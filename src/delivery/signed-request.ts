import type { SignedHeaders } from "../domain/attempt.ts";
import { withoutReserved } from "../domain/custom-headers.ts";
import { sign } from "../domain/signature.ts";
import type { ClaimedDelivery } from "../store/contract.ts";
import type { Millis } from "../world.ts";

export interface Sealing {
  /** `X-SmartCV-` unless configured. */
  readonly headerPrefix: string;
  readonly userAgent: string;
}

export interface SignedRequest {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly signed: SignedHeaders;
}

/**
 * The headers of one attempt, signed for this very moment (SmartCV: Signature Verification), the webhook's own ones last.
 *
 * @param wallAt wall time of the attempt; receivers refuse timestamps more than five minutes away
 */
export function signRequest(delivery: ClaimedDelivery, wallAt: Millis, sealing: Sealing): SignedRequest {
  const { webhook } = delivery;
  const prefix = sealing.headerPrefix;
  const custom = withoutReserved(webhook.headers, prefix);
  const timestampSeconds = Math.floor(wallAt / 1_000);
  const signatureHex = sign(webhook.secret, timestampSeconds, delivery.body);
  return {
    headers: [
      ["Content-Type", "application/json"],
      ["User-Agent", sealing.userAgent],
      [`${prefix}Signature`, `sha256=${signatureHex}`],
      [`${prefix}Timestamp`, String(timestampSeconds)],
      [`${prefix}Event`, delivery.eventType],
      [`${prefix}Delivery`, delivery.deliveryId],
      [`${prefix}Attempt`, String(delivery.attempts + 1)],
      ...custom,
    ],
    signed: { timestampSeconds, signatureHex, customHeaderNames: custom.map(([name]) => name) },
  };
}
