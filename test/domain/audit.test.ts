import { expect, test } from "bun:test";
import fc from "fast-check";
import { auditId } from "../../src/domain/audit.ts";
import { parseId } from "../../src/domain/ids.ts";

const at = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const row = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

test("an entry's id is a UUIDv7 of its time that holds its row", () => {
  fc.assert(
    fc.property(at, row, (time, number) => {
      const hex = parseId("audit", auditId({ at: time, row: number }))?.toHex() ?? "";
      expect([Number.parseInt(hex.slice(0, 12), 16), hex[12]]).toEqual([time, "7"]);
      expect(Number(BigInt(`0x${hex.slice(18)}`))).toBe(number);
    }),
  );
});

test("the ids of entries of one moment sort as their rows do", () => {
  fc.assert(
    fc.property(at, row, row, (time, one, another) => {
      const [first, second] = [auditId({ at: time, row: one }), auditId({ at: time, row: another })];
      expect(Math.sign(first.localeCompare(second))).toBe(Math.sign(one - another));
    }),
  );
});
