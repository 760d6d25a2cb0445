import { Agent } from "undici-real";
import { serve } from "../part.ts";
import { payloadMaker } from "../payload.ts";
import { signedHeaders } from "./forwarder.ts";
import type { UndiciLoop, UndiciProtocol } from "./undici-protocol.ts";

const IN_FLIGHT = 64;
const TYPE = "resume.created";
const agents = new Map<string, Agent>();

serve<UndiciProtocol>({ send });

async function send(loop: UndiciLoop): Promise<number> {
  const agent = agents.get(loop.ca) ?? new Agent({ connect: { ca: loop.ca } });
  agents.set(loop.ca, agent);
  const body = payloadMaker(loop.dataBytes);
  const endsAt = performance.now() + loop.seconds * 1_000;
  let sent = 0;
  const sendOn = async () => {
    while (sent < loop.requests && performance.now() < endsAt) {
      const number = sent++;
      const url = new URL(loop.targets[number % loop.targets.length] ?? "");
      await sendOne(agent, url, body(TYPE, { number, at: 0 }));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendOn));
  return sent;
}

async function sendOne(agent: Agent, { origin, pathname }: URL, body: string): Promise<void> {
  const headers = signedHeaders(TYPE, body);
  const response = await agent.request({ origin, path: pathname, method: "POST", headers, body });
  await response.body.arrayBuffer();
  if (response.statusCode !== 200) throw new Error(`the receiver answered ${response.statusCode}`);
}
