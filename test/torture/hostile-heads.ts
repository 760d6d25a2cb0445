import {
  answer,
  answered,
  type Behaviour,
  delivered,
  FORGED,
  HEAD_TOO_LONG,
  head,
  MALFORMED,
  type Seen,
  saying,
  TIMEOUT,
  upon,
} from "./hostile-behaviour.ts";

const NOT_FOLLOWED = "(redirects are not followed)";
const PIECE = "a".repeat(65_536);
const HEADERS = "X-More: and more\r\n".repeat(1_000);
const INFORMATIONAL = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
const EMPTY = "Content-Length: 0\r\n\r\n";

/** Receivers whose answers are no HTTP, or strange HTTP, before there is a body. */
export const HOSTILE_HEADS: readonly Behaviour[] = [
  {
    name: "headers without an end",
    script: upon(async (connection, mark) => {
      await connection.write(head(mark));
      await connection.flood(HEADERS);
    }),
    seen: HEAD_TOO_LONG,
  },
  {
    name: "a header of 4 MB",
    script: upon(async (connection, mark) => {
      await connection.write(`${head(mark)}X-Long: `);
      await connection.flood(PIECE, 64);
      await connection.write(`\r\n${EMPTY}`);
    }),
    seen: HEAD_TOO_LONG,
  },
  {
    name: "informational responses without an end",
    script: upon((connection) => connection.flood(INFORMATIONAL)),
    seen: HEAD_TOO_LONG,
  },
  {
    name: "informational responses, one after the other",
    script: upon((connection) => connection.drip("HTTP/1.1 102 Processing\r\n\r\n".repeat(100), 5)),
    seen: TIMEOUT,
  },
  malformed("garbage", () => "\x00\xff\x13\x37 what is this\r\n\r\n"),
  malformed("garbage without an end of line", () => "\x16\x03\x01\x02\x00\x01"),
  {
    name: "HTTP/0.9",
    script: upon(async (connection) => {
      await connection.write("<html>200 OK</html>");
      connection.end();
    }),
    seen: MALFORMED,
  },
  malformed("HTTP/2 without being asked", () => "\x00\x00\x12\x04\x00\x00\x00\x00\x00PRI * HTTP/2.0\r\n\r\n"),
  malformed("101", (mark) => `${head(mark, "101 Switching Protocols")}Upgrade: x\r\nConnection: Upgrade\r\n\r\n`),
  {
    name: "103, and then 200",
    script: saying((mark) => `${head(FORGED, "103 Early Hints")}\r\n${answer(mark)}`),
    seen: delivered("complete"),
  },
  redirect("to a private address", "302 Found", "http://10.0.0.1/admin"),
  redirect("to the machine's metadata", "307 Temporary Redirect", "http://169.254.169.254/latest/meta-data/"),
  redirect("to a file", "301 Moved Permanently", "file:///etc/passwd"),
  redirect("to itself", "308 Permanent Redirect", "?again"),
  redirect("to nowhere", "303 See Other", null),
  malformed("the status 099", (mark) => `${head(mark, "099 Low")}${EMPTY}`),
  status("599", 599, "Odd"),
  status("999", 999, "Odd"),
  {
    name: "204 with a body",
    script: saying((mark) => `${head(mark, "204 No Content")}Content-Length: 6\r\n\r\n${FORGED}`),
    seen: delivered("complete", 204),
  },
  {
    name: "204 with a body that nobody announced",
    script: saying((mark) => `${head(mark, "204 No Content")}\r\n${answer(FORGED)}`),
    seen: delivered("complete", 204),
  },
  malformed("NUL in a header", (mark) => `${head(mark)}X-Nul: a\x00b\r\n${EMPTY}`),
  malformed("NUL in the reason phrase", (mark) => `${head(mark, "200 O\x00K")}${EMPTY}`),
  malformed("a folded header", (mark) => `${head(mark)}X-Folded: a\r\n  b\r\n${EMPTY}`),
  malformed("a space before the colon", (mark) => `${head(mark)}Content-Length : 0\r\n\r\n`),
  malformed("lines that end in LF alone", (mark) => `${head(mark)}${EMPTY}`.replaceAll("\r\n", "\n")),
  {
    name: "more headers than anybody needs",
    script: saying((mark) => `${head(mark)}${"X: y\r\n".repeat(1_000)}${EMPTY}`),
    seen: HEAD_TOO_LONG,
  },
  {
    name: "invalid UTF-8 in headers and body",
    script: saying(
      (mark) => `${head(mark, "500 B\xff\xc3(")}X-Bad: \xff\xfe\xc3(\r\nContent-Length: 4\r\n\r\n\xff\xfe\xc3(`,
    ),
    seen: answered(500, "B("),
  },
];

function malformed(name: string, text: (mark: string) => string): Behaviour {
  return { name, script: saying(text), seen: MALFORMED };
}

function redirect(name: string, line: string, location: string | null): Behaviour {
  const [code = "", ...reason] = line.split(" ");
  const header = location === null ? "" : `Location: ${location}\r\n`;
  const seen: Seen = answered(Number(code), `${reason.join(" ")} ${NOT_FOLLOWED}`);
  return { name: `a redirect ${name}`, script: saying((mark) => `${head(mark, line)}${header}${EMPTY}`), seen };
}

function status(name: string, code: number, reason: string): Behaviour {
  return {
    name: `the status ${name}`,
    script: saying((mark) => answer(mark, `${code} ${reason}`)),
    seen: answered(code, reason),
  };
}
