import type { Webhook } from "../../../domain/webhook.ts";
import type { NewWebhook, WebhookChanges } from "../../contract.ts";
import type { NewSealedWebhook, SealedChanges, SealedWebhook } from "../webhooks.ts";
import type { Place, Sealer } from "./sealer.ts";

/** What of a webhook is sealed, with the id that it is sealed to. */
type Sealed = Pick<SealedWebhook, "id" | "secrets" | "headers">;

/** Closes webhooks before they go to the database and opens them when they come back: beyond it, nobody reads a secret. */
export class WebhookSeal {
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  close(webhook: NewWebhook): NewSealedWebhook {
    const { secret, headers, events, retryScheduleMs, ...plain } = webhook;
    return {
      ...plain,
      events: JSON.stringify(events),
      retryScheduleMs: jsonOrNull(retryScheduleMs),
      secrets: this.#closeSecret(webhook.id, secret),
      headers: this.#closeHeaders(webhook.id, headers),
    };
  }

  /**
   * Only the fields that are given.
   *
   * @param stored as it lies in the table now, or null; what is given again keeps its seal, by which it is known as unchanged
   */
  closeChanges(id: string, changes: WebhookChanges, stored: SealedWebhook | null): SealedChanges {
    const { secret, headers, headersBefore, events, retryScheduleMs, ...plain } = changes;
    return {
      ...plain,
      ...(events === undefined ? {} : { events: JSON.stringify(events) }),
      ...(retryScheduleMs === undefined ? {} : { retryScheduleMs: jsonOrNull(retryScheduleMs) }),
      ...(secret === undefined ? {} : { secrets: this.#keepSecret(stored, secret) ?? this.#closeSecret(id, secret) }),
      ...(headers === undefined
        ? {}
        : { headers: this.#keepHeaders(stored, headers) ?? this.#closeHeaders(id, headers) }),
      ...(headersBefore === undefined ? {} : { headersBefore: this.#keepHeaders(stored, headersBefore) }),
    };
  }

  /** @throws Error that names the webhook, when a seal does not fit */
  open(sealed: SealedWebhook): Webhook {
    const { secrets, headers, events, retryScheduleMs, ...plain } = sealed;
    return named(sealed.id, () => ({
      ...plain,
      events: JSON.parse(events),
      retryScheduleMs: retryScheduleMs === null ? null : JSON.parse(retryScheduleMs),
      secret: this.#openSecret(sealed.id, secrets),
      headers: this.#openHeaders(sealed.id, headers),
    }));
  }

  /** The same secrets and header values under another seal. @throws Error that names the webhook, when this one does not fit */
  moveTo(other: WebhookSeal, { id, secrets, headers }: Sealed): Sealed {
    return named(id, () => {
      const list: readonly string[] = JSON.parse(secrets);
      const moved = list.map((each) =>
        other.#sealer.seal(place("secrets", id), this.#sealer.open(place("secrets", id), each)),
      );
      return { id, secrets: JSON.stringify(moved), headers: other.#closeHeaders(id, this.#openHeaders(id, headers)) };
    });
  }

  /** A list, for the day on which a secret is rotated and two are valid. */
  #closeSecret(id: string, secret: string): string {
    return JSON.stringify([this.#sealer.seal(place("secrets", id), secret)]);
  }

  #openSecret(id: string, secrets: string): string {
    const [first]: readonly string[] = JSON.parse(secrets);
    if (first === undefined) throw new Error(`${id} has no secret`);
    return this.#sealer.open(place("secrets", id), first);
  }

  #keepSecret(stored: SealedWebhook | null, secret: string): string | null {
    return stored !== null && this.#openSecret(stored.id, stored.secrets) === secret ? stored.secrets : null;
  }

  #keepHeaders(stored: SealedWebhook | null, headers: Webhook["headers"]): string | null {
    const isSame = stored !== null && Bun.deepEquals(this.#openHeaders(stored.id, stored.headers), headers);
    return isSame ? stored.headers : null;
  }

  #closeHeaders(id: string, headers: Webhook["headers"]): string {
    return JSON.stringify(headers.map(([name, value]) => [name, this.#sealer.seal(place("headers", id), value)]));
  }

  #openHeaders(id: string, headers: string): Webhook["headers"] {
    const sealed: readonly (readonly [string, string])[] = JSON.parse(headers);
    return sealed.map(([name, value]) => [name, this.#sealer.open(place("headers", id), value)]);
  }
}

function place(column: "secrets" | "headers", id: string): Place {
  return { table: "webhooks", column, row: id };
}

/** Whoever has to mend it knows at least where. */
function named<Result>(id: string, open: () => Result): Result {
  try {
    return open();
  } catch (cause) {
    throw new Error(`the row of ${id} is damaged (${String(cause)})`, { cause });
  }
}

function jsonOrNull(value: readonly number[] | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
