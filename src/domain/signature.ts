/**
 * The signature of one attempt: HMAC-SHA256 over `<timestamp>.<body>`, keyed with the UTF-8 bytes of the whole secret, a
 * `whsec_` included (SmartCV: Signature Verification).
 *
 * @param timestampSeconds this attempt's, as it stands in the timestamp header
 * @param body the request's body, as it is sent
 * @returns 64 hexadecimal digits in lower case, without the `sha256=`
 * @throws RangeError when the secret is empty: everybody can sign with it
 */
export function sign(secret: string, timestampSeconds: number, body: string): string {
  if (secret === "") throw new RangeError("An empty secret cannot sign.");
  return new Bun.CryptoHasher("sha256", secret).update(`${timestampSeconds}.`).update(body).digest("hex");
}
