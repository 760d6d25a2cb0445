import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { DescriptorReserve } from "../../src/real/descriptor-reserve.ts";
import { areDescriptorsSpent } from "../../src/real/descriptors.ts";
import { createResolver } from "../../src/real/resolver.ts";
import { createTransport } from "../../src/real/transport.ts";
import { exchange, type Outcome } from "./exchange.ts";

/**
 * A process of its own, under a low limit of open files: sends two requests at the same time to one origin, opens files
 * until there is no descriptor left, sends two to another origin and looks a name up, once more than there are descriptors in
 * reserve, and prints what came of all. Whatever comes free, it opens a file with, as a crowd of clients would.
 */
const [, , firstOrigin = "", secondOrigin = "", ca = "", nameServer = "", held = "0"] = process.argv;
const reserve = new DescriptorReserve(Number(held));
const transport = createTransport({ ca, reserve });
const { makeRoom } = transport;
const names = { servers: [nameServer], serversMs: 0, hostsFile: "/nonexistent/hosts" };
const resolver = createResolver({ ...names, makeRoom, reserve });

async function send(count: number, origin: string): Promise<string> {
  const receiver = { origin, port: Number(new URL(origin).port) };
  const outcomes = await Promise.all(Array.from({ length: count }, () => exchange(transport, receiver)));
  return outcomes.map(tell).join(" ");
}

function tell(outcome: Outcome): string {
  return "status" in outcome ? String(outcome.status) : outcome.failure;
}

const before = await send(2, firstOrigin);
const files: number[] = [];
const spend = () => {
  while (!areDescriptorsSpent()) files.push(openSync(devNull, "r"));
};
spend();
const crowd = setInterval(spend, 0);
const sent = await send(2, secondOrigin);
const resolutions: string[] = [];
for (let n = 0; n <= Number(held); n++) {
  const resolution = await resolver.resolve("a.test");
  resolutions.push(resolution.ok ? "resolved" : resolution.reason);
  spend();
}
clearInterval(crowd);
for (const file of files) closeSync(file);
process.stdout.write(`${before}, ${sent}, ${resolutions.join(" ")}`);
await transport.close();
process.exit(0);
