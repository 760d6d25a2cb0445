import type { BlockRule } from "../../src/domain/attempt.ts";
import corpus from "../corpora/ssrf.json";

interface Records {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
}

/** `dns`: what the resolver answers. `redirect`: the URL only ever comes back as a `Location`. */
export interface SsrfCase {
  readonly url: string;
  readonly expect: string;
  readonly class: string;
  readonly why: string;
  readonly dns?: Records & {
    readonly sequence?: readonly Records[];
    readonly atCreate?: Records;
    readonly atDelivery?: Records;
  };
  readonly redirect?: number;
}

/** The corpus of hostile URLs, and of harmless ones that look like them. */
export const SSRF_CASES: readonly SsrfCase[] = corpus;

/** What the name resolves to, judgement by judgement; null where the case says nothing of names. */
export function answersOf({ dns }: SsrfCase): readonly (readonly string[] | null)[] {
  if (dns === undefined) return [null];
  const turns = dns.sequence ?? (dns.atCreate === undefined ? [dns] : [dns.atCreate, dns.atDelivery ?? {}]);
  return turns.map(({ A = [], AAAA = [] }) => [...A, ...AAAA]);
}

/** It may be posted to directly: only following a redirect to it would be wrong. */
export function isHarmlessTarget({ url, redirect }: SsrfCase): boolean {
  return redirect !== undefined && url === "https://example.com/";
}

/** The rules that may refuse a case of a class; every class of the corpus that is refused is named. */
export const RULES: Readonly<Record<string, readonly BlockRule[]>> = {
  "ipv4-loopback": ["loopback"],
  "ipv4-this-network": ["this_network"],
  "ipv4-private": ["private"],
  "ipv4-cgnat": ["shared"],
  "cloud-metadata": ["metadata", "reserved_name"],
  "ipv4-link-local": ["link_local"],
  "ipv4-ietf-protocol": ["reserved"],
  "ipv4-documentation": ["documentation"],
  "ipv4-benchmark": ["benchmark"],
  "ipv4-6to4-relay": ["reserved"],
  "ipv4-multicast": ["multicast"],
  "ipv4-reserved": ["reserved"],
  "ipv4-broadcast": ["reserved"],
  "ipv4-encoding": ["loopback", "metadata", "private", "this_network"],
  "ipv4-invalid": ["malformed"],
  "ipv6-unspecified": ["this_network"],
  "ipv6-loopback": ["loopback"],
  "ipv6-mapped": ["embedded", "metadata"],
  "ipv6-compat": ["embedded", "metadata"],
  "ipv6-translated": ["embedded"],
  "ipv6-nat64": ["embedded"],
  "ipv6-nat64-local": ["embedded"],
  "ipv6-6to4": ["embedded", "metadata"],
  "ipv6-teredo": ["embedded"],
  "ipv6-link-local": ["link_local"],
  "ipv6-zone-id": ["malformed"],
  "ipv6-ula": ["private"],
  "ipv6-site-local": ["private"],
  "ipv6-multicast": ["multicast"],
  "ipv6-documentation": ["documentation"],
  "ipv6-benchmark": ["benchmark"],
  "ipv6-orchid": ["reserved"],
  "ipv6-ietf-protocol": ["reserved"],
  "ipv6-discard": ["not_global"],
  "ipv6-srv6": ["not_global"],
  "ipv6-unallocated": ["not_global"],
  "ipv6-invalid": ["malformed"],
  "hostname-special": ["single_label", "reserved_name"],
  "hostname-invalid": ["hostname", "malformed"],
  unicode: ["loopback", "reserved_name", "single_label", "malformed"],
  "percent-encoding": ["loopback", "reserved_name", "malformed", "userinfo"],
  userinfo: ["userinfo"],
  backslash: ["characters"],
  "missing-slashes": ["loopback"],
  delimiter: ["loopback"],
  whitespace: ["characters"],
  crlf: ["characters"],
  control: ["characters"],
  scheme: ["scheme"],
  "scheme-case": ["loopback", "reserved_name"],
  "no-scheme": ["malformed", "scheme"],
  "no-host": ["malformed", "hostname"],
  port: ["port", "malformed"],
  "dns-private": ["this_network", "loopback", "embedded", "private", "metadata"],
  "dns-mixed": ["private"],
  "dns-cname": ["loopback", "private"],
  "dns-rebinding": ["loopback", "metadata"],
  redirect: ["private", "loopback", "scheme", "malformed"],
};
