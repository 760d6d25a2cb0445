import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { areDescriptorsSpent } from "../../src/real/descriptors.ts";
import { createTransport } from "../../src/real/transport.ts";
import { exchange, type Outcome } from "./exchange.ts";

/**
 * A process of its own, under a low limit of open files: sends three requests at the same time to one origin, opens files
 * until there is no descriptor left, sends three to another origin, and prints what came of all six.
 */
const [, , firstOrigin = "", secondOrigin = "", ca = ""] = process.argv;
const transport = createTransport({ ca });

async function sendThree(origin: string): Promise<string[]> {
  const receiver = { origin, port: Number(new URL(origin).port) };
  return (await Promise.all([1, 2, 3].map(() => exchange(transport, receiver)))).map(tell);
}

function tell(outcome: Outcome): string {
  return "status" in outcome ? String(outcome.status) : outcome.failure;
}

const told = await sendThree(firstOrigin);
const files: number[] = [];
while (!areDescriptorsSpent()) files.push(openSync(devNull, "r"));
told.push(...(await sendThree(secondOrigin)));
for (const file of files) closeSync(file);
process.stdout.write(told.join(" "));
await transport.close();
process.exit(0);
