import { isIP } from "node:net";

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** What a URL says to a client. */
export class Destination {
  readonly port: number;
  /** The name that the certificate must bear; null without TLS. */
  readonly certificateName: CertificateName | null;
  /** The request line and the headers that the URL decides. */
  readonly requestStart: string;
  readonly #origin: string;
  #latest = { address: "", key: "" };

  constructor(url: URL) {
    const { origin, protocol, port, pathname, search, host } = url;
    this.port = port === "" ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port);
    this.certificateName = protocol === "https:" ? certificateName(url) : null;
    this.requestStart = `POST ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n`;
    this.#origin = origin;
  }

  /** What a connection may be used for again: the same scheme, name and port, at the same vetted address. */
  keyAt(address: string): string {
    if (this.#latest.address !== address) this.#latest = { address, key: `${this.#origin} ${address}` };
    return this.#latest.key;
  }
}

/** A DNS name, or the address itself when the URL names no other. */
export interface CertificateName {
  readonly kind: "dns" | "address";
  readonly text: string;
}

/** Remembers what was read out of a URL for as long as the URL itself lives: its getters parse and copy at every call. */
export class Destinations {
  readonly #known = new WeakMap<URL, Destination>();

  of(url: URL): Destination {
    const known = this.#known.get(url);
    if (known !== undefined) return known;
    const destination = new Destination(url);
    this.#known.set(url, destination);
    return destination;
  }
}

function certificateName({ hostname }: URL): CertificateName {
  const text = hostname.replace(/^\[|\]$|\.$/g, "");
  return { kind: isIP(text) === 0 ? "dns" : "address", text };
}
