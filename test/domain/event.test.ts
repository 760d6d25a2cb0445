import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { dataOf, wholeSeconds, wireBody } from "../../src/domain/event.ts";

const PARTS = {
  id: "event_123",
  type: "resume.created",
  createdAt: Date.UTC(2024, 11, 30, 10, 0, 0),
  apiVersion: "2024-12-30",
};

describe("the body of an event", () => {
  test("is the specification's, keys in its order", () => {
    const data = '{"resume":{"id":"resume_456"}}';
    expect(wireBody(PARTS, data)).toBe(
      '{"id":"event_123","type":"resume.created","created":"2024-12-30T10:00:00Z","data":{"resume":{"id":"resume_456"}},"api_version":"2024-12-30"}',
    );
  });

  test.each(['{"n":12345678901234567890,"x":1.0,"z":-0}', '{ "b":1,\n"a":2, "a":3 }', '{"s":"\\u0041\\/é😀"}', "{}"])(
    "holds the app's data untouched: %p",
    (data) => {
      const body = wireBody(PARTS, data);
      expect(body).toContain(`"data":${data},"api_version"`);
      expect(dataOf({ ...PARTS, body })).toBe(data);
    },
  );

  test("is JSON that says what went in, for any parts", () => {
    const parts = fc.record({
      id: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      type: fc.stringMatching(/^[a-z0-9_-]{1,9}(\.[a-z0-9_-]{1,9}){0,3}$/),
      createdAt: fc.integer({ min: 0, max: 4_102_444_800 }).map((seconds) => seconds * 1_000),
      apiVersion: fc.string({ unit: "grapheme-ascii" }),
    });
    fc.assert(
      fc.property(parts, fc.dictionary(fc.string(), fc.jsonValue()), (event, object) => {
        const data = JSON.stringify(object);
        const body = wireBody(event, data);
        expect(JSON.parse(body)).toEqual({
          id: event.id,
          type: event.type,
          created: wholeSeconds(event.createdAt),
          data: JSON.parse(data),
          api_version: event.apiVersion,
        });
        expect(Date.parse(wholeSeconds(event.createdAt))).toBe(event.createdAt);
        expect(dataOf({ ...event, body })).toBe(data);
      }),
    );
  });
});

test("a time of an event has whole seconds, cut and not rounded", () => {
  expect(wholeSeconds(Date.UTC(2024, 11, 30, 10, 0, 59, 999))).toBe("2024-12-30T10:00:59Z");
});
