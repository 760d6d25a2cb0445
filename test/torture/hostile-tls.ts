import { createCertificate, type TestCertificate } from "../support/certificate.ts";
import type { ServerTls } from "../support/socket-server.ts";
import { answer, type Behaviour, failing, type Seen, saying, TIMEOUT, upon } from "./hostile-behaviour.ts";

const GOOD: TestCertificate = createCertificate(["127.0.0.1"]);
const EXPIRED: TestCertificate = createCertificate(["127.0.0.1"], 25);
const OTHER: TestCertificate = createCertificate(["elsewhere.test", "127.0.0.2"]);
const UNKNOWN: TestCertificate = createCertificate(["127.0.0.1"]);

/** What the process under attack trusts: all but the one that is unknown to it. */
export const TRUSTED_PEM = [GOOD, EXPIRED, OTHER].map(({ certificate }) => certificate).join("");

const HANDSHAKE: Seen = failing("tls_failed", "TLS failed: the receiver did not complete the handshake");

/** Receivers with which no connection is safe. None of them ever gets a byte of the request. */
export const HOSTILE_TLS: readonly Behaviour[] = [
  refused("a certificate that vouches for itself", UNKNOWN, {
    code: "certificate_untrusted",
    error: "Certificate not trusted: nobody known has signed the receiver's certificate",
  }),
  refused("a certificate that has expired", EXPIRED, {
    code: "certificate_expired",
    error: "Certificate not valid now: the receiver's certificate has expired, or is not valid yet",
  }),
  refused("a certificate for another host", OTHER, {
    code: "certificate_mismatch",
    error: "Certificate for another name: the receiver's certificate does not bear the host name of the URL",
  }),
  { name: "TLS 1.0", script: saying(answer), tls: { ...GOOD, version: "TLSv1" }, seen: HANDSHAKE },
  { name: "a handshake that stalls", script: () => {}, scheme: "https", seen: TIMEOUT },
  {
    name: "a handshake that drips",
    script: (connection) => connection.drip(`\x16\x03\x03\x40\x00${"\x02".repeat(1_000)}`, 25),
    scheme: "https",
    seen: TIMEOUT,
  },
  {
    name: "a handshake that is none",
    script: (connection) => connection.write("HTTP/1.1 400 Bad Request\r\n\r\n"),
    scheme: "https",
    seen: HANDSHAKE,
  },
  { name: "a handshake that is closed", script: (connection) => connection.end(), scheme: "https", seen: HANDSHAKE },
  { name: "a handshake that is reset", script: (connection) => connection.reset(), scheme: "https", seen: HANDSHAKE },
  { name: "silence behind a good handshake", script: upon(() => {}), tls: GOOD, seen: TIMEOUT },
];

/** The same behind a good handshake. */
export function overTls(behaviour: Behaviour): Behaviour {
  return { ...behaviour, name: `${behaviour.name}, over TLS`, tls: GOOD };
}

function refused(name: string, tls: ServerTls, seen: Pick<Seen, "code" | "error">): Behaviour {
  return { name, tls, script: saying(answer), seen: { ...seen, status: null, end: null } };
}
