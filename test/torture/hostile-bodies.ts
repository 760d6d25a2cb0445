import { gzipSync } from "node:zlib";
import type { BodyEnd } from "../../src/world.ts";
import { type Behaviour, delivered, FORGED, head, MALFORMED, saying, upon } from "./hostile-behaviour.ts";

const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";
const PIECE = "x".repeat(65_536);
/** A few kilobytes that become 64 MB. */
const BOMB = gzipSync(new Uint8Array(64 * 1_048_576), { level: 9 }).toString("latin1");

/** Receivers whose bodies are too much, too little, or not what they are said to be. The status has decided before. */
export const HOSTILE_BODIES: readonly Behaviour[] = [
  flooding("a body of 1 GiB", `Content-Length: ${2 ** 30}\r\n\r\n`, PIECE),
  flooding("a body without a length or an end", "\r\n", PIECE),
  flooding("chunks without an end", CHUNKED, `10000\r\n${PIECE}\r\n`),
  flooding("chunks of one byte without an end", CHUNKED, "1\r\nx\r\n".repeat(10_000)),
  flooding("a chunk that no number holds", `${CHUNKED}ffffffff\r\n`, PIECE),
  saidAndDone("a gzip bomb", `Content-Encoding: gzip\r\nContent-Length: ${BOMB.length}\r\n\r\n${BOMB}`, "cut"),
  saidAndDone("a coding that it does not have", "Content-Encoding: br\r\nContent-Length: 5\r\n\r\nplain", "complete"),
  saidAndDone("a length that is too short", `Content-Length: 2\r\n\r\nok${FORGED}`, "complete"),
  saidAndDone("a length that is too long, and silence", "Content-Length: 1000\r\n\r\nok", "slow"),
  {
    name: "a length that is too long, and hangs up",
    script: upon(async (connection, mark) => {
      await connection.write(`${head(mark)}Content-Length: 1000\r\n\r\nok`);
      connection.end();
    }),
    seen: delivered("broken"),
  },
  malformed("a negative length", "Content-Length: -1\r\n\r\n"),
  malformed("a length that no number holds", "Content-Length: 99999999999999999999\r\n\r\n"),
  saidAndDone("the greatest length that is taken", "Content-Length: 999999999999999\r\n\r\nok", "slow"),
  malformed("a length that is not a number", "Content-Length: 0x2\r\n\r\nok"),
  malformed("a length with a sign", "Content-Length: +2\r\n\r\nok"),
  saidAndDone("the same length twice", "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", "complete"),
  malformed("two lengths", `Content-Length: 2\r\nContent-Length: 8\r\n\r\nok${FORGED}`),
  malformed("a length and chunks", `Content-Length: 2\r\n${CHUNKED}2\r\nok\r\n0\r\n\r\n`),
  malformed("a transfer coding that nobody asked for", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
  saidAndDone("a chunk without a size", `${CHUNKED}\r\nok\r\n0\r\n\r\n`, "broken"),
  saidAndDone("a chunk of no hexadecimal size", `${CHUNKED}zz\r\nok\r\n0\r\n\r\n`, "broken"),
  saidAndDone("a chunk with a sign", `${CHUNKED}-2\r\nok\r\n0\r\n\r\n`, "broken"),
  saidAndDone("a chunk with a prefix", `${CHUNKED}0x2\r\nok\r\n0\r\n\r\n`, "broken"),
  saidAndDone("a chunk whose size overflows", `${CHUNKED}10000000000000002\r\nok\r\n0\r\n\r\n`, "broken"),
  saidAndDone("a chunk that does not end", `${CHUNKED}2\r\nok${FORGED}0\r\n\r\n`, "broken"),
  saidAndDone("chunks that end in LF alone", `${CHUNKED}2\nok\n0\n\n`, "broken"),
  saidAndDone("a chunk that announces more than comes", `${CHUNKED}ff\r\nok`, "slow"),
  saidAndDone("an extension of 4 KB", `${CHUNKED}2;${"x".repeat(4_096)}\r\nok\r\n0\r\n\r\n`, "broken"),
  saidAndDone("trailers of 64 KB", `${CHUNKED}2\r\nok\r\n0\r\n${"X-Trailer: y\r\n".repeat(5_000)}\r\n`, "broken"),
];

function saidAndDone(name: string, rest: string, end: BodyEnd): Behaviour {
  return { name, script: saying((mark) => head(mark) + rest), seen: delivered(end) };
}

function malformed(name: string, rest: string): Behaviour {
  return { name, script: saying((mark) => head(mark) + rest), seen: MALFORMED };
}

function flooding(name: string, rest: string, piece: string): Behaviour {
  const script = upon(async (connection, mark) => {
    await connection.write(head(mark) + rest);
    await connection.flood(piece);
  });
  return { name, script, seen: delivered("cut") };
}
