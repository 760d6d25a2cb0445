import fc from "fast-check";
import { ipv4Hosts, ipv4Parts, ipv6Spellings, percentEncoded, RADIXES, withDigitsFrom } from "./address-spellings.ts";
import { ipv4Address, ipv6Address } from "./hostile-addresses.ts";

/** A host as it stands in a URL. */
export interface HostileHost {
  readonly text: string;
  /** The address that it spells, in the usual form; null: a name, or nothing that can be read. */
  readonly meant: string | null;
}

type Hosts = fc.Arbitrary<HostileHost>;

const at = (length: number) => fc.nat(length - 1);

/** In one to four parts, each in a radix of its own; or in other digits and with other dots. */
const ipv4Host: Hosts = fc.oneof(
  ipv4Address.map((meant) => ({ text: meant, meant })),
  ipv4Address.chain((meant) => fc.constantFrom(...ipv4Hosts(meant)).map((text) => ({ text, meant }))),
  fc
    .tuple(
      fc.nat(0xffff_ffff),
      fc.integer({ min: 1, max: 4 }),
      fc.array(at(RADIXES.length), { minLength: 4, maxLength: 4 }),
      fc.constantFrom("", "."),
    )
    .map(([bits, parts, radixes, end]) => {
      const written = ipv4Parts(bits, parts).map((part, index) => (RADIXES[radixes[index] ?? 0] ?? String)(part));
      return { text: written.join(".") + end, meant: ipv4Parts(bits, 4).join(".") };
    }),
);

const zone = fc.oneof(
  { weight: 6, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom("%25eth0", "%eth0", "%1") },
);
const ipv6Host: Hosts = fc.tuple(ipv6Address, at(8), zone).map(([meant, spelling, scope]) => ({
  text: `[${ipv6Spellings(meant)[spelling] ?? meant}${scope}]`,
  meant,
}));

const label = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z0-9]([a-z0-9_-]{0,10}[a-z0-9])?$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...["m\u00fcnchen", "\u4f8b\u3048", "xn--mnchen-3ya", "xn--a", "\uff4c\uff4f\uff43\uff41\uff4c", "lo\u00adcal"],
      ...["loca\u029f", "\u200d", "_dmarc", "localhost", "local", "internal", "metadata", "127", "0x7f", "10"],
      ...["a".repeat(63), "a".repeat(64), "", "-a", "a-", "*"],
    ),
  },
);
const lastLabel = fc.constantFrom(
  ...["com", "example", "test", "io", "com.", "com..", "localhost", "LOCAL", "internal", "arpa", "0", "0x1"],
  ...["\uff43\uff4f\uff4d", "c%6fm", "com%2e"],
);
const dot = fc.oneof(
  { weight: 4, arbitrary: fc.constant(".") },
  { weight: 1, arbitrary: fc.constantFrom("\uff0e", "\u3002", "\uff61") },
);
const oddName: Hosts = fc
  .tuple(fc.array(label, { maxLength: 4 }), lastLabel, dot)
  .map(([labels, last, between]) => ({ text: [...labels, last].join(between), meant: null }));

const plainName: Hosts = fc
  .stringMatching(/^[a-z]{1,12}\.(com|io|example|test)$/)
  .map((text) => ({ text, meant: null }));

const oddCharacters = fc.constantFrom(
  ...["%00", "%2f", "%40", "\u0000", "\t", "\n", " ", "\u00ad", "\u2028", "\ud800", "\u0660", "\u200b"],
  ...["@", "\\", "/", "?", "#", ":", "[", "]", "%", ".."],
);

/** Something dropped into the middle, escapes, Arabic digits, brackets: it need not mean anything any more. */
const mangledHost: Hosts = fc
  .tuple(fc.oneof(ipv4Host, ipv6Host, oddName), fc.nat(40), oddCharacters)
  .chain(([{ text }, where, odd]) =>
    fc.constantFrom(
      text.slice(0, where) + odd + text.slice(where),
      percentEncoded(text),
      withDigitsFrom(0x0660, text),
      `[${text}]`,
    ),
  )
  .map((text) => ({ text, meant: null }));

export const hostileHost: Hosts = fc.oneof(
  { weight: 4, arbitrary: ipv4Host },
  { weight: 3, arbitrary: ipv6Host },
  { weight: 4, arbitrary: plainName },
  { weight: 2, arbitrary: oddName },
  { weight: 1, arbitrary: mangledHost },
);
