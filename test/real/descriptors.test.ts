import { describe, expect, test } from "bun:test";
import {
  DESCRIPTORS_RESERVED,
  HTTP_REQUESTS_MAX,
  IDLE_PLAIN_CONNECTIONS_MAX,
  IDLE_TLS_CONNECTIONS_MAX,
} from "../../src/limits.ts";
import { areDescriptorsSpent, connectionBudget } from "../../src/real/descriptors.ts";

describe("the connections to receivers", () => {
  test.each([16, 64, 128, 256, 512, 1_024, 4_096, 65_536])(
    "leave room for others under a limit of %d files",
    (limit) => {
      const { inFlight, idlePlain, idleTls } = connectionBudget(limit);
      const room = limit - inFlight - idlePlain - idleTls;
      expect(room).toBeGreaterThanOrEqual(Math.min(DESCRIPTORS_RESERVED, limit / 2));
      expect(inFlight).toBeGreaterThanOrEqual(idlePlain + idleTls);
      expect(inFlight).toBeGreaterThan(0);
    },
  );

  test("have our own bounds where the system sets none", () => {
    expect(connectionBudget(null)).toEqual({
      inFlight: HTTP_REQUESTS_MAX,
      idlePlain: IDLE_PLAIN_CONNECTIONS_MAX,
      idleTls: IDLE_TLS_CONNECTIONS_MAX,
    });
  });
});

test("a process that may open files has descriptors", () => {
  expect(areDescriptorsSpent()).toBe(false);
});
