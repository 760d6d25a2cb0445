/** What a webhook of a suite takes, and what its receiver makes of it. */
export interface Subscription {
  /** Of its URL: what tells the webhooks apart at the receiver. */
  readonly path: string;
  readonly events: readonly string[];
  /** The same as `events`, as the suite itself decides it. */
  readonly takes: RegExp;
  readonly end: { readonly state: "delivered" | "failed"; readonly attempts: number };
}

/** A subscription that became a webhook; times are of `performance.now()`. */
export interface Subscriber {
  readonly subscription: Subscription;
  readonly id: string;
  readonly askedAt: number;
  readonly madeAt: number;
  /** Infinity while nobody wants it gone. */
  removalAskedAt: number;
  /** Infinity while it is not known to be gone. */
  removedAt: number;
}

/** From when to when an event may have been taken in. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Taken in at any moment of the span, an event of this type has a delivery to it. */
export function mustTake(
  { subscription, madeAt, removalAskedAt }: Subscriber,
  type: string,
  { from, to }: Span,
): boolean {
  return subscription.takes.test(type) && madeAt <= from && to <= removalAskedAt;
}

/** Taken in at some moment of the span, an event of this type can have a delivery to it. */
export function mayTake({ subscription, askedAt, removedAt }: Subscriber, type: string, { from, to }: Span): boolean {
  return subscription.takes.test(type) && askedAt <= to && from <= removedAt;
}
