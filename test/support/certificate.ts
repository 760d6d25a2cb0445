import { generateKeyPairSync, sign } from "node:crypto";
import { isIP } from "node:net";

/** PEM texts of a certificate that vouches for itself; hand `certificate` to a client as `ca` and it is trusted. */
export interface TestCertificate {
  readonly key: string;
  readonly certificate: string;
}

/**
 * Makes a self-signed P-256 certificate for these DNS names and IPv4 addresses, in memory: no key is ever committed,
 * and no OpenSSL needs to be installed. RFC 5280 §4.1, as far as a TLS client looks at it.
 *
 * @param lastYear on whose first day it expires, as its last two digits
 */
export function createCertificate(names: readonly string[], lastYear = 49): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const toBeSigned = sequence(
    der(0xa0, integer(2)),
    integer(1),
    ECDSA_WITH_SHA256,
    name("Posthorn test"),
    sequence(utcTime("240101000000Z"), utcTime(`${lastYear}0101000000Z`)),
    name("Posthorn test"),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(IS_AUTHORITY, alternativeNames(names))),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const certificate = sequence(toBeSigned, ECDSA_WITH_SHA256, der(0x03, Buffer.of(0), signature));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: pem(certificate),
  };
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const octets = (...parts: readonly Uint8Array[]) => der(0x04, ...parts);
const integer = (value: number) => der(0x02, Buffer.of(value));
const utcTime = (text: string) => der(0x17, Buffer.from(text));
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"));

const ECDSA_WITH_SHA256 = sequence(oid("2a8648ce3d040302"));
const COMMON_NAME = oid("550403");
const TRUE = der(0x01, Buffer.of(0xff));
const IS_AUTHORITY = sequence(oid("551d13"), TRUE, octets(sequence(TRUE)));

function name(commonName: string): Uint8Array {
  return sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(commonName)))));
}

function alternativeNames(names: readonly string[]): Uint8Array {
  const entries = names.map((entry) =>
    isIP(entry) === 4 ? der(0x87, Buffer.from(entry.split(".").map(Number))) : der(0x82, Buffer.from(entry)),
  );
  return sequence(oid("551d11"), octets(sequence(...entries)));
}

/** One DER value: tag, length, contents. */
function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const contents = Buffer.concat(parts);
  const { length } = contents;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...lengthBytes), contents]);
}

function pem(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
