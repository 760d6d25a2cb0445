import { serve } from "../part.ts";
import type { BareProtocol } from "./bare-protocol.ts";
import { Forwarder } from "./forwarder.ts";

const API_VERSION = "2024-12-30";

serve<BareProtocol>({ listen: ({ target, key }) => listen(new Forwarder(target), `Bearer ${key}`) });

function listen(forwarder: Forwarder, authorization: string): number {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (request.headers.get("authorization") !== authorization) return new Response(null, { status: 401 });
      const { type, data } = (await request.json()) as { readonly type: string; readonly data: unknown };
      const head = { id: `event_${crypto.randomUUID()}`, type, created: new Date().toISOString() };
      forwarder.send({ type, body: JSON.stringify({ ...head, data, api_version: API_VERSION }) });
      const answer = { ...head, api_version: API_VERSION, deliveries: 1 };
      return Response.json({ success: true, data: answer }, { status: 202 });
    },
  });
  return server.port ?? 0;
}
