import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DnsServer } from "./dns-server.ts";
import type { Place } from "./place.ts";
import { compiledShim } from "./shim.ts";

/** Settings with which the binary asks this server for names, and no other. */
export function settingsForNamesOf({ address }: DnsServer, { path }: Place): Readonly<Record<string, string>> {
  const file = join(path, "resolv.conf");
  writeFileSync(file, `nameserver ${address}\n`);
  return { LD_PRELOAD: compiledShim("names"), RESOLV_CONF: file };
}
