import { readFile, stat } from "node:fs/promises";

export interface HostsFile {
  /** The addresses that the file gives to `hostname` (lower case, no trailing dot), in its order; none when it is not listed. */
  find(hostname: string): Promise<readonly string[]>;
}

type Hosts = ReadonlyMap<string, readonly string[]>;

const NO_HOSTS: Hosts = new Map();

/**
 * Reads the system's hosts file, and again whenever it has changed: an orchestrator edits it under a running process. A file
 * that is not there lists nothing; one that cannot be read now lists what it did, and is tried again.
 */
export function openHostsFile(path: string = systemHostsFile()): HostsFile {
  let version = "";
  let hosts = NO_HOSTS;

  async function refresh(): Promise<void> {
    const found = await versionOf(path);
    if (found === version) return;
    const text = found === "" ? "" : await readFile(path, "utf8").catch(() => null);
    if (text === null) return;
    hosts = parseHosts(text);
    version = found;
  }

  return {
    async find(hostname) {
      await refresh();
      return hosts.get(hostname) ?? [];
    },
  };
}

/** An address and its names on each line; what follows a `#` is a comment (hosts(5)). */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (address === undefined) continue;
    for (const name of names) add(hosts, name.toLowerCase(), address);
  }
  return hosts;
}

function add(hosts: Map<string, string[]>, name: string, address: string): void {
  const addresses = hosts.get(name);
  if (addresses === undefined) hosts.set(name, [address]);
  else addresses.push(address);
}

/** Changes when the file does; empty when there is none. */
async function versionOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return found === null ? "" : `${found.ino} ${found.mtimeMs} ${found.size}`;
}

function systemHostsFile(): string {
  return process.platform === "win32" ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts";
}
