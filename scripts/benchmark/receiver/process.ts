import { now } from "../clock.ts";
import { serve } from "../part.ts";
import { stampOf } from "../payload.ts";
import { Inbox, type Received } from "./inbox.ts";
import { Ledger } from "./ledger.ts";
import type { ReceiverProtocol, Sample } from "./protocol.ts";

const HANGING = "/hang";
/** As a small framework answers. */
const ANSWER =
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain;charset=utf-8\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nContent-Length: 2\r\n\r\nok";
const ledgers = new Map<string, Ledger>();
const samples: Sample[] = [];

serve<ReceiverProtocol>({
  listen: ({ ports, tls }) => Array.from({ length: ports }, () => listen(tls)),
  reset: ({ path, copies }) => {
    ledgers.set(path, new Ledger(copies));
    return null;
  },
  tally: ({ path }) => ledgerOf(path).tally(),
  latency: ({ path }) => ledgerOf(path).latency(),
  sample: () => samples[0] ?? null,
});

/**
 * Written for the receiver alone, as the load's connection is: a server that did more would take the processor away from what
 * is measured.
 */
function listen(tls: ReceiverProtocol["listen"]["argument"]["tls"]): number {
  const server = Bun.listen<Inbox>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => {
        socket.data = new Inbox();
        socket.setNoDelay(true);
      },
      data: (socket, bytes) => {
        const received = socket.data.take(bytes);
        if (received !== null && enter(received)) socket.write(ANSWER);
      },
    },
    ...(tls !== null && { tls: { ...tls } }),
  });
  return server.port;
}

/** Whether it is answered. */
function enter({ path, head, body }: Received): boolean {
  ledgerOf(path).enter(stampOf(body), now());
  if (samples.length === 0) samples.push({ headers: headersOf(head), body });
  return path !== HANGING;
}

function headersOf(head: string): Sample["headers"] {
  const lines = head.trimEnd().split("\r\n").slice(1);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
}

function ledgerOf(path: string): Ledger {
  const ledger = ledgers.get(path) ?? new Ledger(1);
  ledgers.set(path, ledger);
  return ledger;
}
