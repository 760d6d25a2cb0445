import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { NetworkPolicy } from "../../src/domain/address.ts";
import type { UrlRule } from "../../src/domain/attempt.ts";
import { explainRule, judgeUrl, portOf } from "../../src/domain/url.ts";

const CLOSED: NetworkPolicy = { allowPrivateCidrs: [], allowHosts: [], ownTargets: [] };

/** The rule that refuses, or the host that a URL leads to. */
function verdictOf(raw: string, policy: NetworkPolicy = CLOSED): string {
  const judged = judgeUrl(raw, policy);
  if (!judged.ok) return judged.rule;
  return judged.host.kind === "address" ? judged.host.address : judged.host.name;
}

const LONGEST_LABEL = "a".repeat(63);
const LONGEST_NAME = `${`${LONGEST_LABEL}.`.repeat(3)}${"a".repeat(53)}.example`;

test.each<[raw: string, rule: UrlRule]>([
  ["", "malformed"],
  ["example.com/hook", "malformed"],
  ["//example.com/", "malformed"],
  ["http://", "malformed"],
  ["http://[fe80::1%25eth0]/", "malformed"],
  ["http://256.256.256.256/", "malformed"],
  ["http://256.256.256.256:99999/", "malformed"],
  [`https://example.com:80/${"a".repeat(2_048)}`, "malformed"],
  [" https://example.com/", "characters"],
  ["https://example.com/\t", "characters"],
  ["https://example.com/a b", "characters"],
  ["https://example.com/\u00a0", "characters"],
  ["https://example.com/\u0085", "characters"],
  ["https://example.com/\u2028", "characters"],
  ["https://example.com/\u007f", "characters"],
  ["https://example.com\\@127.0.0.1/", "characters"],
  ["https://example.com/\ud800", "characters"],
  ["ftp://example.com/", "scheme"],
  ["localhost:8080", "scheme"],
  ["javascript:alert(1)", "scheme"],
  ["https://user@example.com/", "userinfo"],
  ["https://:secret@example.com/", "userinfo"],
  ["https://@example.com/", "userinfo"],
  ["https:@example.com/", "userinfo"],
  ["https://example.com:0/", "port"],
  ["https://example.com:22/", "port"],
  ["https://example.com:10080/", "port"],
  ["https://example.com:65536/", "port"],
  ["http://[2606:4700::1]:99999", "port"],
  ["https://./", "hostname"],
  ["https://../", "hostname"],
  ["https://example.com../", "hostname"],
  ["https://a..example.com/", "hostname"],
  ["https://-a.example.com/", "hostname"],
  ["https://a-.example.com/", "hostname"],
  ["https://*.example.com/", "hostname"],
  [`https://${LONGEST_LABEL}a.example.com/`, "hostname"],
  [`https://${LONGEST_NAME.replace(".example", "a.example")}/`, "hostname"],
  ["https://app/", "single_label"],
  ["https://app./", "single_label"],
  ["https://localhost/", "reserved_name"],
  ["https://localhost./", "reserved_name"],
  ["https://LOCALHOST/", "reserved_name"],
  ["https://a.b.localhost/", "reserved_name"],
  ["https://printer.local/", "reserved_name"],
  ["https://a.localdomain/", "reserved_name"],
  ["https://host.docker.internal/", "reserved_name"],
  ["https://router.home.arpa/", "reserved_name"],
  ["https://1.0.0.127.in-addr.arpa/", "reserved_name"],
  ["https://git.corp/", "reserved_name"],
  ["https://nas.home/", "reserved_name"],
  ["https://in.mail/", "reserved_name"],
  ["https://nas.lan./", "reserved_name"],
  ["https://app.default.svc/", "reserved_name"],
])("%j is refused by the rule %s", (raw, rule) => {
  expect(verdictOf(raw)).toBe(rule);
});

test.each([
  ["https://example.com/a?b=c#d", "example.com"],
  ["HTTP://Example.COM.:8080/", "example.com"],
  ["https://example.com/@x", "example.com"],
  ["https://example.com?@x", "example.com"],
  ["https://example.com/%20%5C%00", "example.com"],
  ["https://local.example.com/", "local.example.com"],
  ["https://notlocal.example/", "notlocal.example"],
  ["https://example.airmail/", "example.airmail"],
  ["https://my_app.example.com/", "my_app.example.com"],
  ["https://m\u00fcnchen.example/", "xn--mnchen-3ya.example"],
  [`https://${LONGEST_LABEL}.example.com/`, `${LONGEST_LABEL}.example.com`],
  [`https://${LONGEST_NAME}/`, LONGEST_NAME],
  ["https://1.1.1.1./", "1.1.1.1"],
  ["https://0x7f.1/", "127.0.0.1"],
  ["https://[2606:4700::1111]/", "2606:4700::1111"],
  ["https://[::ffff:8.8.8.8]/", "::ffff:808:808"],
])("%j leads to %s", (raw, host) => {
  expect(verdictOf(raw)).toBe(host);
});

test("a URL of the greatest length is read", () => {
  const raw = `https://example.com/${"a".repeat(2_048 - 20)}`;
  expect([raw.length, verdictOf(raw)]).toEqual([2_048, "example.com"]);
});

describe("POSTHORN_ALLOW_HOSTS", () => {
  const policy = { ...CLOSED, allowHosts: ["localhost", "App", "nas.lan"] };

  test("lets exactly its names pass, in any case and with a trailing dot", () => {
    expect(verdictOf("http://localhost:3000/", policy)).toBe("localhost");
    expect(verdictOf("http://APP./", policy)).toBe("app");
    expect(verdictOf("http://nas.lan/", policy)).toBe("nas.lan");
  });

  test("opens neither names below nor above, nor any other rule", () => {
    expect(verdictOf("http://a.localhost/", policy)).toBe("reserved_name");
    expect(verdictOf("http://b.nas.lan/", policy)).toBe("reserved_name");
    expect(verdictOf("http://lan/", policy)).toBe("single_label");
    expect(verdictOf("http://localhost:22/", policy)).toBe("port");
    expect(verdictOf("http://user@localhost/", policy)).toBe("userinfo");
  });

  test("is what a refusal names when it would help, and only then", () => {
    const openings = (hosts: string, ranges: string | null) => [
      { setting: "POSTHORN_ALLOW_HOSTS", entries: hosts },
      { setting: "POSTHORN_ALLOW_PRIVATE_CIDRS", entries: ranges },
    ];
    expect(judgeUrl("http://app:9000/", CLOSED)).toMatchObject({ openings: openings("app", null) });
    expect(judgeUrl("http://nas.lan/", CLOSED)).toMatchObject({ openings: openings("nas.lan", null) });
    for (const name of ["localhost", "web.localhost"]) {
      const ranges = "127.0.0.0/8,::1/128";
      expect(judgeUrl(`http://${name}:3000/`, CLOSED)).toMatchObject({ openings: openings(name, ranges) });
    }
    for (const raw of [
      "http://a b/",
      "http://",
      "ftp://app/",
      "http://u@app/",
      "http://app:22/",
      "http://-a.example/",
    ]) {
      expect([raw, judgeUrl(raw, CLOSED)]).toMatchObject([raw, { ok: false, openings: [] }]);
    }
  });
});

test("Posthorn's own public URL is no target, whatever the scheme, path and allow-list", () => {
  const ownTargets = [{ host: "hooks.example.com", port: 443 }];
  const policy = { ...CLOSED, ownTargets, allowHosts: ["hooks.example.com"] };
  for (const raw of [
    "https://hooks.example.com/api/events",
    "https://Hooks.Example.com.:443/",
    "http://hooks.example.com:443/",
  ]) {
    expect(judgeUrl(raw, policy)).toMatchObject({ ok: false, rule: "own_address", openings: [] });
  }
  expect(verdictOf("https://hooks.example.com:8443/", policy)).toBe("hooks.example.com");
  expect(verdictOf("https://a.hooks.example.com/", policy)).toBe("a.hooks.example.com");
});

test.each([
  ["https://example.com/", 443],
  ["http://example.com/", 80],
  ["https://example.com:80/", 80],
])("the port of %s is %d", (raw, port) => {
  expect(portOf(new URL(raw))).toBe(port);
});

test("no text makes the judge fail, and what passes is http without credentials, on a port of HTTP", () => {
  const parts = [
    "http",
    "https:",
    "//",
    "@",
    ":",
    "0",
    "25",
    "[",
    "]",
    "::1",
    "127.0.0.1",
    ".",
    "a.b",
    "\\",
    " ",
    "%00",
    "\u3002",
    "?",
    "#",
  ];
  const text = fc.oneof(
    fc.webUrl(),
    fc.string({ unit: "binary" }),
    fc.array(fc.constantFrom(...parts)).map((all) => all.join("")),
  );
  fc.assert(
    fc.property(text, (raw) => {
      const judged = judgeUrl(raw, CLOSED);
      if (!judged.ok) return expect(explainRule(judged.rule)).toMatch(/^[A-Z].*\.$/);
      expect(judged.url.protocol).toMatch(/^https?:$/);
      expect(judged.url.username + judged.url.password).toBe("");
      expect(portOf(judged.url)).toBeGreaterThan(0);
    }),
    { seed: 1, numRuns: 3_000 },
  );
});

test("an IPv4 address is the same one in all its spellings", () => {
  const octet = fc.nat(255);
  fc.assert(
    fc.property(octet, octet, octet, octet, (a, b, c, d) => {
      const plain = `${a}.${b}.${c}.${d}`;
      const number = ((a * 256 + b) * 256 + c) * 256 + d;
      const hex = [a, b, c, d].map((part) => `0x${part.toString(16)}`).join(".");
      const octal = [a, b, c, d].map((part) => `00${part.toString(8)}`).join(".");
      const fullWidth = plain.replace(/[0-9.]/g, (sign) => String.fromCodePoint((sign.codePointAt(0) ?? 0) + 0xfee0));
      const short = `${a}.${(b * 256 + c) * 256 + d}`;
      for (const spelling of [
        plain,
        `${plain}.`,
        `${number}`,
        `0x${number.toString(16)}`,
        hex,
        octal,
        fullWidth,
        short,
      ]) {
        expect([spelling, verdictOf(`http://${spelling}/`)]).toEqual([spelling, plain]);
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});
