import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { areDescriptorsSpent } from "../../src/real/descriptors.ts";
import { createResolver } from "../../src/real/resolver.ts";
import { createTransport } from "../../src/real/transport.ts";
import { exchange, type Outcome } from "./exchange.ts";

/**
 * A process of its own, under a low limit of open files: sends two requests at the same time to one origin, opens files
 * until there is no descriptor left, sends one to another origin and looks a name up, and prints what came of all.
 */
const [, , firstOrigin = "", secondOrigin = "", ca = "", nameServer = ""] = process.argv;
const transport = createTransport({ ca });
const { makeRoom } = transport;
const resolver = createResolver({ servers: [nameServer], hostsFile: "/nonexistent/hosts", makeRoom });

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
while (!areDescriptorsSpent()) files.push(openSync(devNull, "r"));
const sent = await send(2, secondOrigin);
const resolution = await resolver.resolve("a.test");
for (const file of files) closeSync(file);
process.stdout.write(`${before}, ${sent}, ${resolution.ok ? "resolved" : resolution.reason}`);
await transport.close();
process.exit(0);
