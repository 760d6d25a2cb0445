// What a team would build instead of Posthorn: Fastify takes the event, BullMQ on Redis keeps and retries it, its worker
// signs and sends it. Settings come by the environment: REDIS_PORT, TARGET, KEY, SECRET. Prints its port when it listens.
import { createHmac, randomUUID } from "node:crypto";
import { Queue, Worker } from "bullmq";
import Fastify from "fastify";
import { Redis } from "ioredis";

const { REDIS_PORT, TARGET, KEY, SECRET } = process.env;
const QUEUE = "deliveries";
const API_VERSION = "2024-12-30";
const IN_FLIGHT_MAX = 64;
const redis = () => new Redis({ host: "127.0.0.1", port: Number(REDIS_PORT), maxRetriesPerRequest: null });

const queue = new Queue(QUEUE, {
  connection: redis(),
  // After 1 s, 2 s and 4 s, as Posthorn does it.
  defaultJobOptions: { attempts: 4, backoff: { type: "exponential", delay: 1_000 }, removeOnComplete: true },
});

const app = Fastify();
const event = {
  type: "object",
  required: ["type", "data"],
  properties: { type: { type: "string" }, data: { type: "object", additionalProperties: true } },
};
app.post("/api/events", { schema: { body: event } }, async (request, reply) => {
  if (request.headers.authorization !== `Bearer ${KEY}`) return reply.code(401).send({ success: false });
  const { type, data } = request.body;
  const head = { id: `event_${randomUUID()}`, type, created: new Date().toISOString() };
  await queue.add(type, { id: head.id, body: JSON.stringify({ ...head, data, api_version: API_VERSION }) });
  return reply.code(202).send({ success: true, data: { ...head, api_version: API_VERSION, deliveries: 1 } });
});

new Worker(QUEUE, deliver, { connection: redis(), concurrency: IN_FLIGHT_MAX });
await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${app.server.address().port}\n`);

async function deliver({ name, id, attemptsMade, data: { body } }) {
  const timestamp = Math.floor(Date.now() / 1_000);
  const signature = createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex");
  const response = await fetch(TARGET, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-SmartCV-Signature": `sha256=${signature}`,
      "X-SmartCV-Timestamp": String(timestamp),
      "X-SmartCV-Event": name,
      "X-SmartCV-Delivery": id,
      "X-SmartCV-Attempt": String(attemptsMade + 1),
    },
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(30_000),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the receiver answered ${response.status}`);
}
