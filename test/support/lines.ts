/** Hands over each whole line of a stream as it comes; resolves at the stream's end. */
export async function pushLines(stream: ReadableStream<Uint8Array>, push: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) push(line);
  }
}
