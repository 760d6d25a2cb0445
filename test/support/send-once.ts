import { createTransport } from "../../src/real/transport.ts";
import { neverCut } from "./cutoff.ts";

/**
 * A process of its own, for tests of what the environment may not change: sends one request to the URL of the first
 * argument at 127.0.0.1, trusting the certificate in the second, and prints the status or the failure.
 */
const [, , url = "", ca = ""] = process.argv;
const transport = createTransport(ca === "" ? {} : { ca });
const limits = { connectTimeoutMs: 5_000, responseMaxBytes: 0 };
const request = { url: new URL(url), address: "127.0.0.1", headers: [], body: "{}", ...limits };
const sent = await transport.send(request, neverCut());
process.stdout.write(sent.ok ? String(sent.answer.status) : sent.failure);
await transport.close();
process.exit(0);
