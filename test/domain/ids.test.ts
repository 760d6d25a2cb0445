import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatId, idAfter, newId, parseId, uuidv7 } from "../../src/domain/ids.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const hex = (uuid: Uint8Array | null) => uuid?.toHex() ?? null;
const fromHex = (text: string) => Uint8Array.fromHex(text.replaceAll("-", ""));

describe("uuidv7", () => {
  test("gives the example of RFC 9562, appendix A.6", () => {
    const random = fromHex("0cc3-18c4dc0c0c07398f");
    expect(hex(uuidv7(0x017f22e279b0, random))).toBe("017f22e279b07cc398c4dc0c0c07398f");
  });

  test("keeps the time, the version and the variant, and every other random bit", () => {
    fc.assert(
      fc.property(time, bytes(10), (now, random) => {
        const uuid = BigInt(`0x${uuidv7(now, random).toHex()}`);
        expect(Number(uuid >> 80n)).toBe(now);
        expect((uuid >> 76n) & 15n).toBe(7n);
        expect((uuid >> 62n) & 3n).toBe(2n);
        const mask = 0x0fff_3fff_ffff_ffff_ffffn;
        expect(uuid & mask).toBe(BigInt(`0x${random.toHex()}`) & mask);
      }),
    );
  });

  test.each([-1, 0.5, 2 ** 48, Number.NaN, Number.POSITIVE_INFINITY])("refuses %p as a time", (now) => {
    expect(() => uuidv7(now, new Uint8Array(10))).toThrow(RangeError);
  });

  test.each([0, 9, 11])("refuses %p random bytes", (length) => {
    expect(() => uuidv7(0, new Uint8Array(length))).toThrow(RangeError);
  });
});

describe("an id", () => {
  test("is its prefix and 26 digits", () => {
    expect(newId("event", 0x017f22e279b0, fromHex("0cc318c4dc0c0c07398f"))).toBe("event_01fwhe4ydgfk1shh6w1g60eecf");
    expect(formatId("req", new Uint8Array(16))).toBe("req_00000000000000000000000000");
    expect(formatId("key", new Uint8Array(16).fill(255))).toBe("key_7zzzzzzzzzzzzzzzzzzzzzzzzz");
  });

  test("gives back the bytes that it was made from, whatever they are", () => {
    fc.assert(
      fc.property(bytes(16), (uuid) => {
        expect(hex(parseId("delivery", formatId("delivery", uuid)))).toBe(hex(uuid));
      }),
    );
  });

  test("sorts as its bytes do, so later ids come after earlier ones", () => {
    fc.assert(
      fc.property(bytes(16), bytes(16), (one, other) => {
        const byBytes = Math.sign(Buffer.compare(one, other));
        expect(formatId("event", one) < formatId("event", other) ? -1 : 1).toBe(byBytes === -1 ? -1 : 1);
      }),
    );
  });

  test("has exactly one spelling: what is read is what would be written", () => {
    const digits = fc.string({
      unit: fc.constantFrom(..."0179abhijklmnopqrstuvwxyzAZ-_.é"),
      minLength: 25,
      maxLength: 27,
    });
    fc.assert(
      fc.property(digits, (text) => {
        const uuid = parseId("event", `event_${text}`);
        if (uuid !== null) expect(formatId("event", uuid)).toBe(`event_${text}`);
      }),
    );
  });

  const good = "event_01fwhe4ydgfk1shh6w1g60eecf";
  test.each([
    ["upper case", good.toUpperCase()],
    ["upper-case digits", good.replace("fwhe", "FWHE")],
    ["another prefix", good.replace("event", "webhook")],
    ["no prefix", good.slice(6)],
    ["a digit too few", good.slice(0, -1)],
    ["a digit too many", `${good}0`],
    ["a space behind", `${good.slice(0, -1)} `],
    ["a letter that Crockford leaves out", good.replace("fwhe", "fwhi")],
    ["more than 128 bits", good.replace("_0", "_8")],
    ["a character beyond ASCII", good.replace("fwhe", "fwhé")],
    ["another separator", good.replace("_", "-")],
    ["nothing", ""],
  ])("is not read with %s", (_, text) => {
    expect(parseId("event", text)).toBeNull();
  });
});

describe("idAfter", () => {
  const after = (uuid: string) => hex(parseId("event", idAfter(formatId("event", fromHex(uuid)))));

  test.each([
    ["counts up", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e279b07cc398c4dc0c0c073990"],
    ["carries", "017f22e2-79b0-7cc3-98c4-dc0c0c0739ff", "017f22e279b07cc398c4dc0c0c073a00"],
    ["carries over the variant", "017f22e2-79b0-7cc3-bfff-ffffffffffff", "017f22e279b07cc48000000000000000"],
    [
      "carries within the first random bits",
      "017f22e2-79b0-70ff-bfff-ffffffffffff",
      "017f22e279b071008000000000000000",
    ],
    [
      "moves the time when the counter is full",
      "017f22e2-79ff-7fff-bfff-ffffffffffff",
      "017f22e27a0070008000000000000000",
    ],
  ])("%s", (_, uuid, next) => {
    expect(after(uuid)).toBe(next);
  });

  test("gives a later id of the same kind, and is the same as counting in the 74 random bits", () => {
    const counter = (uuid: bigint) =>
      ((uuid >> 80n) << 74n) | (((uuid >> 64n) & 0xfffn) << 62n) | (uuid & (2n ** 62n - 1n));
    fc.assert(
      fc.property(time, bytes(10), (now, random) => {
        const id = newId("webhook", now, random);
        const uuid = BigInt(`0x${hex(parseId("webhook", id))}`);
        const next = BigInt(`0x${hex(parseId("webhook", idAfter(id)))}`);
        expect(counter(next)).toBe(counter(uuid) + 1n);
        expect((next >> 76n) & 15n).toBe(7n);
        expect((next >> 62n) & 3n).toBe(2n);
        expect(idAfter(id) > id).toBe(true);
      }),
    );
  });

  test.each(["", "event", "event-01fwhe4ydgfk1shh6w1g60eecf", "my-own-event-id", "01fwhe4ydgfk1shh6w1g60eecf"])(
    "refuses %p, which is not an id",
    (text) => {
      expect(() => idAfter(text)).toThrow(RangeError);
    },
  );
});
