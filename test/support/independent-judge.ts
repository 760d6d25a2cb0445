import ipaddr from "ipaddr.js";

/** A second opinion on addresses, that shares no line and no table with Posthorn's own judge. */

/** Whether ipaddr.js, which knows the IANA registries by itself, calls the address an ordinary public one. */
export function isPublicElsewhere(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === "unicast";
}

/**
 * Where the two differ: addresses that ipaddr.js calls ordinary and Posthorn refuses all the same. There is no difference the
 * other way round.
 */
const REFUSED_HERE_ALONE: readonly { readonly range: string; readonly why: string }[] = [
  { range: "168.63.129.16/32", why: "public by its number, but it is Azure's own, which its guests alone reach" },
  { range: "::/3", why: "IPv4-compatible ones carry an IPv4 address; the rest is no global unicast (RFC 4291 §2.4)" },
  { range: "4000::/2", why: "not assigned as global unicast" },
  { range: "8000::/1", why: "not assigned as global unicast" },
];

/** Whether Posthorn refuses more than ipaddr.js there. */
export function isRefusedHereAlone(address: string): boolean {
  const ip = ipaddr.parse(address);
  return REFUSED_HERE_ALONE.some(({ range }) => {
    const [network, prefix] = ipaddr.parseCIDR(range);
    return network.kind() === ip.kind() && ip.match(network, prefix);
  });
}
