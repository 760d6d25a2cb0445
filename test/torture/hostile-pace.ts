import {
  answer,
  answered,
  type Behaviour,
  DEADLINE_MS,
  delivered,
  FORGED,
  head,
  RESET,
  TIMEOUT,
  upon,
} from "./hostile-behaviour.ts";

const DRIP_MS = 25;
const ENDLESS = "a".repeat(4_096);

/** Receivers that take their time, answer when nobody expects it, or hang up. */
export const HOSTILE_PACE: readonly Behaviour[] = [
  { name: "accepts and is silent", script: () => {}, seen: TIMEOUT },
  {
    name: "reads the request and is silent",
    script: upon(() => {}),
    seen: TIMEOUT,
  },
  {
    name: "reads our body at one byte a second",
    script: (connection) => connection.sip(1_000),
    seen: TIMEOUT,
  },
  {
    name: "drips its head byte by byte",
    script: upon((connection, mark) => connection.drip(`${head(mark)}X-Drip: ${ENDLESS}`, DRIP_MS)),
    seen: TIMEOUT,
  },
  {
    name: "drips its head in time, and then its body",
    script: upon(async (connection, mark) => {
      const text = head(mark);
      await connection.drip(text.slice(0, 8), 5);
      await connection.write(`${text.slice(8)}Content-Length: 4096\r\n\r\n`);
      await connection.drip(ENDLESS, DRIP_MS);
    }),
    seen: delivered("slow"),
  },
  {
    name: "answers late, and drips its body beyond the deadline",
    script: upon(async (connection, mark) => {
      await connection.rest(DEADLINE_MS * 0.6);
      await connection.write(`${head(mark, "500 Internal Server Error")}Content-Length: 4096\r\n\r\n`);
      await connection.drip(ENDLESS, DRIP_MS);
    }),
    seen: answered(500, "Internal Server Error", "slow"),
  },
  {
    name: "answers 200 after the deadline",
    script: upon(async (connection, mark) => {
      await connection.rest(DEADLINE_MS * 1.2);
      await connection.write(answer(mark));
    }),
    seen: TIMEOUT,
  },
  {
    name: "answers before it reads the request, and then hangs up",
    script: async (connection) => {
      await connection.write(answer("", "202 Accepted"));
      await connection.request();
      connection.end();
    },
    seen: delivered("complete", 202),
  },
  { name: "closes at once", script: (connection) => connection.end(), seen: RESET },
  { name: "closes when it has the request", script: upon((connection) => connection.end()), seen: RESET },
  { name: "resets at once", script: (connection) => connection.reset(), seen: RESET },
  { name: "resets when it has the request", script: upon((connection) => connection.reset()), seen: RESET },
  {
    name: "resets in the head",
    script: upon(async (connection, mark) => {
      await connection.write(head(mark));
      connection.reset();
    }),
    seen: RESET,
  },
  {
    name: "closes in the head",
    script: upon(async (connection, mark) => {
      await connection.write(head(mark));
      connection.end();
    }),
    seen: RESET,
  },
  {
    name: "resets in the body",
    script: upon(async (connection, mark) => {
      await connection.write(`${head(mark, "503 Service Unavailable")}Content-Length: 100\r\n\r\n${mark}`);
      await connection.rest(DRIP_MS);
      connection.reset();
    }),
    seen: answered(503, "Service Unavailable", "broken"),
  },
  {
    name: "closes an idle connection without a word",
    script: async (connection) => {
      await upon(async (_, mark) => {
        await connection.write(answer(mark));
        connection.end();
      })(connection);
    },
    seen: delivered("complete"),
  },
  {
    name: "closes an idle connection just as it is reused",
    script: async (connection) => {
      let requests = 0;
      await upon(async (_, mark) => {
        requests += 1;
        if (requests === 1) await connection.write(answer(mark));
        else connection.end();
      })(connection);
    },
    seen: [delivered("complete"), RESET],
  },
  {
    name: "sends a forged second response right behind the first",
    script: upon((connection, mark) => connection.write(answer(mark) + answer(FORGED, "418 I'm a teapot"))),
    seen: delivered("complete"),
  },
  {
    name: "sends a forged second response a moment after the first",
    script: upon(async (connection, mark) => {
      await connection.write(answer(mark));
      await connection.write(answer(FORGED, "418 I'm a teapot"));
    }),
    seen: delivered("complete"),
  },
];
