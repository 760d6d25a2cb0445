import fc from "fast-check";
import { answer } from "./hostile-addresses.ts";
import { type HostileHost, hostileHost } from "./hostile-hosts.ts";

/** A URL as a stranger might type it, and what his name server says. */
export interface HostileUrl extends Pick<HostileHost, "meant"> {
  readonly url: string;
  /** What any name resolves to. */
  readonly answer: readonly string[];
}

const scheme = mostly(fc.constantFrom("https://", "http://"), 12, [
  ...["HTTP://", "hTTps://", "http:", "https:/", "http:///", "https:////", "http:\\\\", "//", "", "h\nttp://"],
  ...["ftp://", "file://", "ws://", "gopher://", "javascript:", "blob:http://"],
]);
const userinfo = mostly(fc.constant(""), 24, [
  ...["@", "a@", "a:b@", ":@", "127.0.0.1@", "1.1.1.1:80@", "a%40b@", "1.1.1.1#@", "1.1.1.1\\@", "1.1.1.1;@"],
]);
const numberedPort = fc.nat(65_535).map((number) => `:${number}`);
const port = mostly(fc.oneof({ weight: 4, arbitrary: fc.constant("") }, numberedPort), 12, [
  ...[":", ":80", ":443", ":0", ":22", ":25", ":6667", ":65536", ":99999999999", ":-1", ":+80", ":00080", ":80a"],
  ...[":\uff18\uff10", ":0x50", ":80@10.0.0.1"],
]);
const plainRest = fc.constantFrom("/", "", "/hook", "/a/b?x=1&y=2", "?q", "#f");
const anyRest = fc.string({ unit: "binary", maxLength: 20 }).map((text) => `/${text}`);
const rest = mostly(fc.oneof({ weight: 10, arbitrary: plainRest }, anyRest), 4, [
  ...["/@127.0.0.1", "/?next=http://127.0.0.1/", "/#@127.0.0.1", "//127.0.0.1/", "/../..//", "/\u{1f512}"],
  ...["/%0d%0aHost:%2010.0.0.1", "\\@10.0.0.1", "/\r\nHost: 10.0.0.1", "/\t", " ", "/\u0000", "/\u0085", "/ HTTP/1.1"],
]);

function mostly(usual: fc.Arbitrary<string>, weight: number, odd: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
}

/** Numeric hosts in every spelling, carriers, zones, IDN, odd dots and digits, escapes, credentials, ports, controls, mixed answers. */
export const hostileUrl: fc.Arbitrary<HostileUrl> = fc
  .tuple(scheme, userinfo, hostileHost, port, rest, answer)
  .map(([before, who, host, where, behind, answered]) => ({
    url: before + who + host.text + where + behind,
    // With credentials before it, the host may begin elsewhere.
    meant: who === "" ? host.meant : null,
    answer: answered,
  }));
