import { describe, expect, test } from "bun:test";
import type { KeptDelivery, KeptState } from "../support/kept-state.ts";
import { Books } from "./books.ts";

const WEBHOOK = "webhook_1";
const BODY = '{"id":"a"}';
const DELIVERED: KeptDelivery = {
  ...{ id: "delivery_1", event: "a", webhook: WEBHOOK, state: "delivered" },
  ...{ attempts: 1, attemptRows: 1, dueAt: null },
};
const PENDING: KeptDelivery = { ...DELIVERED, state: "pending", attempts: 0, attemptRows: 0, dueAt: 1 };

function kept(deliveries: readonly KeptDelivery[], ids: readonly string[] = ["a"]): KeptState {
  return { damage: [], schema: 1, deliveries, events: new Map(ids.map((id) => [id, "resume.created"])) };
}

/** One webhook that takes everything, and one event that is acknowledged and was sent so many times. */
function booksOf({ sent = 0, isAcknowledged = true } = {}): Books {
  const books = new Books({ retryMax: 2 });
  const never = { removalAskedAt: Number.POSITIVE_INFINITY, removedAt: Number.POSITIVE_INFINITY };
  const end = { state: "delivered", attempts: 1 } as const;
  const subscription = { path: "/", events: ["*"], takes: /./, end };
  books.subscribe({ subscription, id: WEBHOOK, askedAt: 0, madeAt: 0, ...never });
  books.posting("a", "resume.created")(isAcknowledged);
  for (let n = 0; n < sent; n++) books.received(DELIVERED.id, 1, BODY);
  return books;
}

test("books in which everything is in order are closed without a word", () => {
  const books = booksOf({ sent: 1 });
  expect(books.died(kept([DELIVERED]))).toEqual([]);
  books.closed();
});

test("a request that a kill cut off is due again, and its repetition is no fault", () => {
  const books = booksOf({ sent: 1 });
  expect(books.died(kept([PENDING]))).toEqual([DELIVERED.id]);
  books.received(DELIVERED.id, 1, BODY);
  expect(books.died(kept([DELIVERED]))).toEqual([]);
  books.closed();
});

test("a delivery may be pruned before its event's other delivery is finished, and does not come back", () => {
  const books = booksOf({ sent: 1 });
  const never = { removalAskedAt: Number.POSITIVE_INFINITY, removedAt: Number.POSITIVE_INFINITY };
  const end = { state: "delivered", attempts: 1 } as const;
  const subscription = { path: "/other", events: ["*"], takes: /./, end };
  books.subscribe({ subscription, id: "webhook_2", askedAt: 0, madeAt: 0, ...never });
  const other = { ...PENDING, id: "delivery_2", webhook: "webhook_2" };
  books.died(kept([DELIVERED, other]));
  expect(books.died(kept([other]))).toEqual([]);
  expect(() => books.died(kept([{ ...PENDING, id: "delivery_3" }, other]))).toThrow(/two deliveries/);
  expect(() => books.died(kept([PENDING, other]))).toThrow(/pending again/);
});

test("what is finished may be pruned", () => {
  const books = booksOf({ sent: 1 });
  books.died(kept([DELIVERED]));
  books.died(kept([], []));
  books.closed();
});

describe("the books see", () => {
  const faults: readonly (readonly [fault: string, run: () => void, told: RegExp])[] = [
    ["a lost event", () => booksOf().died(kept([], [])), /is lost/],
    ["a lost delivery", () => booksOf().died(kept([])), /has no delivery/],
    ["a second delivery", () => booksOf().died(kept([PENDING, { ...PENDING, id: "delivery_2" }])), /two deliveries/],
    ["an event that nobody posted", () => booksOf().died(kept([PENDING], ["a", "b"])), /never posted/],
    ["a request that nobody posted", () => booksOf().received("delivery_2", 1, '{"id":"b"}'), /never posted/],
    ["other bytes", () => booksOf({ sent: 1 }).received(DELIVERED.id, 1, '{"id":"a" }'), /other bytes/],
    ["a request that left nothing", () => booksOf({ sent: 1, isAcknowledged: false }).died(kept([], [])), /not stored/],
    ["a duplicate without a kill", () => booksOf({ sent: 2 }).died(kept([DELIVERED])), /requests and attempt rows/],
    ["two requests cut off by one kill", () => booksOf({ sent: 2 }).died(kept([PENDING])), /2 times for 0 attempts/],
    ["an outcome without a request", () => booksOf().died(kept([DELIVERED])), /requests and attempt rows/],
    ["an outcome that no receiver gave", () => booksOf().died(kept([{ ...DELIVERED, state: "failed" }])), /otherwise/],
    [
      "a pending one that is never due",
      () => booksOf().died(kept([{ ...PENDING, dueAt: null }])),
      /is pending, due at/,
    ],
    ["a cancellation without a reason", () => booksOf().died(kept([{ ...PENDING, state: "cancelled" }])), /cancelled/],
    ["a damaged file", () => booksOf().died({ ...kept([PENDING]), damage: ["page 2 is lost"] }), /damaged/],
    ["a number left out", () => booksOf().received(DELIVERED.id, 2, BODY), /number 2 after 0/],
    ["a repetition of what no kill cut off", () => booksOf({ sent: 2 }).closed(), /only 0 were cut off/],
    ["what is left over at the end", () => booksOf().closed(), /not finished/],
    [
      "a request after the end",
      () => {
        const books = booksOf({ sent: 1 });
        books.died(kept([DELIVERED]));
        books.received(DELIVERED.id, 1, BODY);
      },
      /after it was final/,
    ],
  ];

  test.each(faults)("%s", (_fault, run, told) => expect(run).toThrow(told));
});
