import { describe, expect, test } from "bun:test";
import { CONCURRENCY_MAX, DESCRIPTORS_HELD_MAX, DESCRIPTORS_RESERVED, IDLE_CONNECTIONS_MAX } from "../../src/limits.ts";
import { areDescriptorsSpent, connectionBudget } from "../../src/real/descriptors.ts";

describe("the connections to receivers", () => {
  test.each([16, 64, 128, 256, 512, 1_024, 4_096, 65_536])(
    "leave room for others under a limit of %d files",
    (limit) => {
      const { inFlight, idle, reserve } = connectionBudget(limit);
      expect(limit - inFlight - idle).toBeGreaterThanOrEqual(Math.min(DESCRIPTORS_RESERVED, limit / 2));
      expect(inFlight).toBeGreaterThanOrEqual(idle);
      expect(inFlight).toBeGreaterThan(0);
      expect(reserve).toBe(Math.min(DESCRIPTORS_HELD_MAX, Math.floor(limit / 32)));
    },
  );

  test("have our own bounds where the system sets none", () => {
    expect(connectionBudget(null)).toEqual({ inFlight: CONCURRENCY_MAX, idle: IDLE_CONNECTIONS_MAX, reserve: 0 });
  });
});

test("a process that may open files has descriptors", () => {
  expect(areDescriptorsSpent()).toBe(false);
});
