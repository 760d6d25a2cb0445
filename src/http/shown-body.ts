/** The beginning of a body as text, `maxBytes` long in JSON at most: there, a control character takes six bytes. */
export function shownBody(body: Uint8Array, maxBytes: number): { readonly text: string; readonly isWhole: boolean } {
  const decoded = new TextDecoder().decode(body.subarray(0, maxBytes));
  const text = beginning(decoded, maxBytes);
  return { text, isWhole: body.byteLength <= maxBytes && text.length === decoded.length };
}

function beginning(text: string, maxBytes: number): string {
  let shown = text;
  for (;;) {
    const bytes = Buffer.byteLength(JSON.stringify(shown));
    if (bytes <= maxBytes) return shown;
    shown = text.slice(0, Math.floor((shown.length * maxBytes) / bytes)).toWellFormed();
  }
}
