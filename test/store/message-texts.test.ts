import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { packBatch, unpackBatch } from "../../src/store/sqlite/batch-text.ts";
import { packResult, unpackResult } from "../../src/store/sqlite/result-text.ts";
import type { Command } from "../../src/store/sqlite/verbs.ts";
import type { BatchResult } from "../../src/store/sqlite/writer.ts";

/** Half surrogates, nulls, brackets and commas among them: a text may be anything. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("]", "[1]", "\ud800"),
);
const number = fc.oneof(
  fc.nat(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
);
const textOrNull = fc.option(text);
const numberOrNull = fc.option(number);

const event = fc.record({
  ...{ tenant: text, id: text, type: text, apiVersion: text, body: text, firstDeliveryId: text },
  ...{ createdAt: number, dueAt: number },
});

const attempt = fc.record({
  ...{ number, startedAt: number, durationMs: number, url: text },
  code: fc.constantFrom("success", "status", "connect_refused", "interrupted"),
  ...{ error: textOrNull, statusCode: numberOrNull, signedAtSeconds: numberOrNull, signatureHex: textOrNull },
  ...{ customHeaderNames: textOrNull, responseHeaders: textOrNull, responseBody: textOrNull },
  responseBodyEnd: fc.option(fc.constantFrom("complete", "cut", "broken", "slow")),
  ...{ dnsMs: numberOrNull, connectMs: numberOrNull, tlsMs: numberOrNull, firstByteMs: numberOrNull },
});

const next = fc.oneof(
  fc.constant({ to: "delivered" as const }),
  fc.record({
    to: fc.constant("pending"),
    dueAt: number,
    waitMs: number,
    because: fc.constantFrom("status", "blocked"),
  }),
  fc.record({ to: fc.constant("failed"), because: fc.constantFrom("exhausted", "gone") }),
);

const sealed = fc.record({
  key: fc.nat(),
  secrets: text,
  headers: text,
  active: fc.boolean(),
  description: textOrNull,
});
const placed = (first: string) =>
  fc
    .array(fc.record({ key: fc.nat(), webhook: fc.nat(), id: text }))
    .map((all) => all.map((one, at) => (at === 0 ? { ...one, id: first } : one)));
const row = fc.record({
  ...{ key: fc.nat(), webhook: fc.nat(), attempts: fc.nat() },
  ...{ deliveryId: text, eventId: text, eventType: text, body: text },
});

/** A command with an answer that it may get; the answer `undefined` comes back as null. */
const exchange = fc.oneof(
  event.chain((argument) =>
    fc.tuple(fc.constant({ verb: "ingest", argument }), ingestAnswer(argument.firstDeliveryId)),
  ),
  fc.tuple(settle(), settleAnswer()),
  fc.tuple(fc.constant({ verb: "claim", argument: { keys: [1, 2], webhooks: [3] } }), claimAnswer()),
  fc.tuple(fc.record({ verb: fc.constantFrom("findFact", "findKey"), argument: text }), textOrNull),
);

function ingestAnswer(firstId: string) {
  return fc.oneof(
    fc.record({ kind: fc.constant("accepted"), row: fc.nat(), placed: placed(firstId) }),
    fc.record({ kind: fc.constant("duplicate"), event: fc.record({ row: fc.nat(), id: text }) }),
    fc.constant({ kind: "conflict" }),
  );
}

function settle() {
  const argument = fc.record({ delivery: fc.nat(), heldFor: fc.option(fc.nat()), attempt, next });
  return fc.record({ verb: fc.constant("settle"), argument });
}

function settleAnswer() {
  const state = fc.constantFrom("pending", "delivered");
  return fc.oneof(
    fc.record({ kind: fc.constant("kept"), state, dueAt: numberOrNull, changed: fc.option(sealed) }),
    fc.constant({ kind: "lost" }),
  );
}

function claimAnswer() {
  return fc.record({ rows: fc.array(row), webhooks: fc.array(sealed) });
}

describe("the messages between the threads", () => {
  test("carry every batch as it was", () => {
    fc.assert(
      fc.property(fc.array(exchange), (exchanges) => {
        const batch = exchanges.map(([command]) => command as Command);
        expect(unpackBatch(packBatch(batch))).toEqual(batch);
      }),
    );
  });

  test("carry every result as it was, with what was refused in its place", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(exchange, fc.option(text))), (exchanges) => {
        const batch = exchanges.map(([[command]]) => command as Command);
        const answers = exchanges.map(([[, answer], reason]) => (reason === null ? answer : null));
        const refusals = exchanges.flatMap(([, reason], at) => (reason === null ? [] : [{ at, reason }]));
        const result: BatchResult = { kind: "done", answers, refusals };
        expect(unpackResult(batch, packResult(batch, result))).toEqual(result);
      }),
    );
  });

  test("carry why nothing was written", () => {
    for (const kind of ["full", "busy", "fatal"] as const) {
      const result: BatchResult = { kind, reason: "database or disk is full" };
      expect(unpackResult([], packResult([], result))).toEqual(result);
    }
  });

  test("carry no more of an answer than the other side lacks", () => {
    const body = "x".repeat(1_000);
    const event = {
      ...{ tenant: "t", id: "e", type: "a", apiVersion: "1", firstDeliveryId: "d" },
      body,
      createdAt: 1,
      dueAt: 1,
    };
    const answers = [{ kind: "accepted", row: 7, placed: [{ key: 8, webhook: 9, id: "d" }] }];
    const packed = packResult([{ verb: "ingest", argument: event }], { kind: "done", answers, refusals: [] });
    expect(packed).toBe('23:["done",2,7,1,8,9,null]');
  });
});
