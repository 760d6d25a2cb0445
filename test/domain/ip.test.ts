import { expect, test } from "bun:test";
import { isIP } from "node:net";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { covers, parseCidr, parseIp } from "../../src/domain/ip.ts";

const groups = fc.oneof(
  fc.ipV6(),
  fc.stringMatching(/^[0-9a-f:.]{1,24}$/),
  fc.stringMatching(/^[0-9a-f]{0,5}(::?[0-9a-f]{0,5}){0,9}$/),
);
const octets = fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.stringMatching(/^[0-9.x]{1,16}$/));

test("a text is an address exactly when the platform says so, and stands for the number that others read", () => {
  fc.assert(
    fc.property(fc.oneof(groups, octets, fc.string()), (text) => {
      const ip = parseIp(text);
      expect(ip === null ? 0 : ip.width === 32 ? 4 : 6).toBe(text.includes("%") ? 0 : isIP(text));
      if (ip !== null) expect(ip.bits).toBe(numberOf(text));
    }),
    { seed: 1, numRuns: 5_000 },
  );
});

/** ipaddr.js takes `::1.2.3.4` for a mapped address; RFC 4291 §2.5.5.1 has it without the ffff. */
function numberOf(text: string): bigint {
  const plain = text.replace(/^::(?=\d+\.)/, "0::");
  const bytes = ipaddr.parse(plain).toByteArray();
  return bytes.reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

test.each([
  "",
  "127.1",
  "0177.0.0.1",
  "0x7f.0.0.1",
  "2130706433",
  "1.2.3.4.5",
  "256.1.1.1",
  "[::1]",
  "fe80::1%eth0",
  ":::",
  "1::2::3",
  "1.2.3.4::",
  "::1.2.3",
  "12345::",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7::8:9",
  " 1.1.1.1",
])("%j is no address", (text) => {
  expect(parseIp(text)).toBeNull();
});

test("a range is an address and a prefix; a bare address stands for itself alone", () => {
  expect(parseCidr("10.1.2.0/24")).toEqual({ width: 32, bits: 0x0a010200n, prefix: 24 });
  expect(parseCidr("fd00::/8")).toMatchObject({ width: 128, prefix: 8 });
  expect(parseCidr("0.0.0.0/0")).toMatchObject({ width: 32, prefix: 0 });
  expect(parseCidr("127.0.0.1")).toEqual(parseCidr("127.0.0.1/32"));
  expect(parseCidr("::1")).toEqual(parseCidr("::1/128"));
});

test.each([
  "",
  "/8",
  "10.0.0.0/",
  "10.0.0.0/33",
  "::/129",
  "10.0.0.0/-1",
  "10.0.0.0/08",
  "10.0.0.0/8/8",
  "10.0.0.1/8",
  "fd00::1/8",
  "app/24",
  "10.0.0.0/8 ",
])("%j is no range, or does not tell which", (text) => {
  expect(parseCidr(text)).toBeNull();
});

test("a range covers what ipaddr.js says it covers", () => {
  const family = fc.oneof(
    fc.record({ address: fc.ipV4(), other: fc.ipV4(), prefix: fc.nat(32) }),
    fc.record({ address: fc.ipV6(), other: fc.ipV6(), prefix: fc.nat(128) }),
  );
  fc.assert(
    fc.property(family, fc.boolean(), ({ address, other, prefix }, near) => {
      const base = parseIp(address);
      const ip = parseIp(near ? address : other);
      if (base === null || ip === null) throw new Error("fast-check made no address");
      const behind = BigInt(base.width - prefix);
      const range = { width: base.width, bits: (base.bits >> behind) << behind, prefix };
      const theirs = ipaddr.parse(near ? address : other).match(ipaddr.parse(address), prefix);
      expect(covers(range, ip)).toBe(theirs);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});
