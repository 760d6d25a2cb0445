import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCertificate } from "../../../test/support/certificate.ts";
import type { Bench } from "../bench.ts";

/** A certificate for receivers on this machine, and what has a process trust it besides those that it trusts anyway. */
export interface TrustedCertificate {
  readonly tls: { readonly key: string; readonly cert: string };
  readonly trust: { readonly NODE_EXTRA_CA_CERTS: string };
}

export function trustedCertificate(bench: Bench): TrustedCertificate {
  const { key, certificate } = createCertificate(["127.0.0.1"]);
  const path = join(bench.directory("certificate"), "ca.pem");
  writeFileSync(path, certificate);
  return { tls: { key, cert: certificate }, trust: { NODE_EXTRA_CA_CERTS: path } };
}
