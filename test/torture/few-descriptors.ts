import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SHARES } from "../../src/limits.ts";
import { connectionBudget } from "../../src/real/descriptors.ts";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { createCertificate } from "../support/certificate.ts";
import { keptState } from "../support/kept-state.ts";
import { emptyPlace } from "../support/place.ts";
import { until } from "../support/until.ts";
import { Spread } from "./spread.ts";
import type { Figures, Suite } from "./suite.ts";

const DESCRIPTORS = 128;
const RECEIVERS = 500;
const ROUNDS = 20;
/** Of the API, all at once and then kept: together with the deliveries more than there are descriptors. */
const CONNECTIONS = 60;
/** An answer that the hanging receivers held up would take as long as they hang. */
const ANSWER_MAX_MS = 5_000;
/** Each receiver has an address of its own, so that none shares a connection with another. */
const ADDRESSES = Array.from({ length: RECEIVERS }, (_, n) => `127.1.${Math.floor(n / 250)}.${(n % 250) + 1}`);
const LIMITED = ["sh", "-c", `ulimit -n ${DESCRIPTORS}; exec "$@"`, "sh"];

export const fewDescriptors: Suite = {
  name: "few-descriptors",
  describe: "128 open files and 500 receivers that hang: deliveries wait without an attempt, and the API answers",
  run: async () => ({ ...(await hangAndHeal("http")), ...(await hangAndHeal("https")) }),
};

async function hangAndHeal(scheme: "http" | "https"): Promise<Figures> {
  using place = emptyPlace();
  const healed = Promise.withResolvers<void>();
  const certificate = createCertificate(ADDRESSES);
  const certificatePath = join(place.path, "receivers.pem");
  writeFileSync(certificatePath, certificate.certificate);
  let requests = 0;
  const server = Bun.serve({
    hostname: "0.0.0.0",
    port: 0,
    idleTimeout: 0,
    ...(scheme === "https" && { tls: { key: certificate.key, cert: certificate.certificate } }),
    fetch: async () => {
      requests += 1;
      await healed.promise;
      return new Response(null, { status: 200 });
    },
  });
  await using _ = { [Symbol.asyncDispose]: () => server.stop(true) };
  const settings = { ...LOOPBACK_ALLOWED, NODE_EXTRA_CA_CERTS: certificatePath };
  await using posthorn = await startBinary(place, settings, [...LIMITED, await builtBinary(), "serve"]);
  for (const address of ADDRESSES) await makeWebhook(posthorn, `${scheme}://${address}:${server.port}/`);
  await post(posthorn, "resume.created");
  const { inFlight: slots } = connectionBudget(DESCRIPTORS);
  const hanging = slots - Math.floor(slots / SHARES);
  await until("as many requests as there may be hang", () => requests === hanging);

  const answersMs = new Spread();
  for (let n = 0; n < ROUNDS; n++) await measure(answersMs, () => post(posthorn, "user.registered"));
  await Promise.all(Array.from({ length: CONNECTIONS }, () => measure(answersMs, () => inFlight(posthorn))));
  assert(answersMs.worst < ANSWER_MAX_MS, `the API answered after ${answersMs} ms`);
  assert.equal(requests, hanging, "a request more than there may be");
  const open = readdirSync(`/proc/${posthorn.pid}/fd`).length;

  healed.resolve();
  await nothingPending(posthorn);
  posthorn.signal("SIGTERM");
  assert.equal((await posthorn.ended).exitCode, 0);
  const { deliveries, damage } = keptState(place.dataDir);
  assert.deepEqual(damage, []);
  assert.equal(deliveries.length, RECEIVERS);
  assert(
    deliveries.every(
      ({ state, attempts, attemptRows }) => state === "delivered" && attempts === 1 && attemptRows === 1,
    ),
  );
  assert.equal(requests, RECEIVERS, "each delivery is one request");
  return {
    [`${scheme}: hanging requests, descriptors in use`]: `${hanging}, ${open}`,
    [`${scheme}: the API answered after, ms`]: String(answersMs),
    [`${scheme}: delivered at the first attempt`]: `${requests} of ${RECEIVERS}`,
  };
}

async function makeWebhook(posthorn: Binary, url: string): Promise<void> {
  const webhook = { url, events: ["resume.created"], retry_schedule: [] };
  assert.equal((await posthorn.api("POST", "/api/webhooks", webhook)).status, 201);
}

async function post(posthorn: Binary, type: string): Promise<void> {
  assert.equal((await posthorn.api("POST", "/api/events", { type, data: {} })).status, 202);
}

async function inFlight(posthorn: Binary): Promise<number> {
  return (await posthorn.api<{ in_flight: number }>("GET", "/health")).data.in_flight;
}

async function measure(into: Spread, act: () => Promise<unknown>): Promise<void> {
  const begun = performance.now();
  await act();
  into.add(performance.now() - begun);
}
