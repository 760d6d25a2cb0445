import { now } from "../clock.ts";
import { serve } from "../part.ts";
import { stampOf } from "../payload.ts";
import { Ledger } from "./ledger.ts";
import type { ReceiverProtocol, Sample } from "./protocol.ts";

const HANGING = "/hang";
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

function listen(tls: ReceiverProtocol["listen"]["argument"]["tls"]): number {
  const server = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: receive },
    ...(tls !== null && { tls: { ...tls } }),
  });
  return server.port ?? 0;
}

async function receive(request: Request): Promise<Response> {
  const path = request.url.slice(request.url.indexOf("/", "https://".length));
  const body = await request.text();
  ledgerOf(path).enter(stampOf(body), now());
  if (samples.length === 0) samples.push({ headers: Object.fromEntries(request.headers), body });
  if (path === HANGING) await new Promise(() => {});
  return new Response("ok");
}

function ledgerOf(path: string): Ledger {
  const ledger = ledgers.get(path) ?? new Ledger(1);
  ledgers.set(path, ledger);
  return ledger;
}
