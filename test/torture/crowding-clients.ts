import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace } from "../support/place.ts";
import { until } from "../support/until.ts";
import { openWire, type Wire } from "../support/wire.ts";
import { Spread } from "./spread.ts";
import type { Suite } from "./suite.ts";

const DESCRIPTORS = 256;
/** More than there are descriptors; each comes again when it is cut off. */
const CLIENTS = 400;
const RECEIVERS = 5;
const ATTACK_MS = 10_000;
const ATTACK_FULL_MS = 60_000;
const DRIP_MS = 1_000;
const POST_EVERY_MS = 100;
/** Bun gives a head that never ends twelve seconds, and this machine may be busy with other things. */
const DELIVERED_MAX_MS = 5_000;
const KEY = "an-admin-key-of-more-than-32-characters";
const LIMITED = ["sh", "-c", `ulimit -n ${DESCRIPTORS}; exec "$@"`, "sh"];

/** What somebody without a key can hold a connection with, each with what it writes from then on. */
const HOLDS: readonly { readonly first: string; readonly drip: string }[] = [
  {
    first: "POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    drip: " ",
  },
  { first: "POST /api/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{", drip: " " },
  { first: "GET /livez HTTP/1.1\r\nHost: a\r\nX-A: ", drip: "a" },
  { first: "", drip: "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n" },
];

export const crowdingClients: Suite = {
  name: "crowding-clients",
  describe: "clients without a key that hold every connection there is: what was accepted is delivered meanwhile",
  problem: () => (process.platform === "linux" ? null : "/proc tells of open descriptors only on Linux"),
  run: async ({ full }) => {
    using place = emptyPlace();
    const deliveredMs = new Spread();
    const postedAt: number[] = [];
    await using receiver = startReceiver((n) => deliveredMs.add(performance.now() - (postedAt[n] ?? 0)));
    const settings = { ...LOOPBACK_ALLOWED, POSTHORN_ADMIN_KEY: KEY };
    await using posthorn = await startBinary(place, settings, [...LIMITED, await builtBinary(), "serve"]);
    for (let n = 1; n <= RECEIVERS; n++) {
      const webhook = { url: `http://127.1.0.${n}:${receiver.port}/`, events: ["*"] };
      assert.equal((await posthorn.api("POST", "/api/webhooks", webhook)).status, 201);
    }
    const port = Number(new URL(posthorn.url).port);
    using poster = openWire(port);
    const postNext = async () => {
      const n = postedAt.push(performance.now()) - 1;
      await post(poster, n);
    };
    // Whoever is not there before the crowd has to queue up in it.
    await postNext();
    {
      using _ = new Crowd(port);
      await until("every descriptor is taken", () => descriptorsOf(posthorn) === DESCRIPTORS);
      const endsAt = performance.now() + (full ? ATTACK_FULL_MS : ATTACK_MS);
      while (performance.now() < endsAt) {
        await postNext();
        await Bun.sleep(POST_EVERY_MS);
      }
      await until("all is delivered", () => receiver.requests() === postedAt.length * RECEIVERS);
      assert(descriptorsOf(posthorn) > (DESCRIPTORS * 3) / 4, "the crowd has gone");
    }
    assert(deliveredMs.worst < DELIVERED_MAX_MS, `delivered after ${deliveredMs} ms`);
    await nothingPending(posthorn);
    assert.equal(receiver.requests(), postedAt.length * RECEIVERS, "each delivery is one request");
    return { "events posted in the crowd": postedAt.length, "delivered within, ms": String(deliveredMs) };
  },
};

interface Receiver extends AsyncDisposable {
  readonly port: number;
  requests(): number;
}

function startReceiver(received: (n: number) => void): Receiver {
  let requests = 0;
  const server = Bun.serve({
    hostname: "0.0.0.0",
    port: 0,
    fetch: async (request) => {
      requests += 1;
      received(Number(/"n":(\d+)/.exec(await request.text())?.[1]));
      // Each delivery then needs a connection, and a descriptor for it.
      return new Response(null, { headers: { Connection: "close" } });
    },
  });
  return {
    port: Number(server.port),
    requests: () => requests,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** As many of each kind as of the others, and another for each that is cut off. */
class Crowd implements Disposable {
  readonly #port: number;
  readonly #members = new Map<number, Wire>();
  readonly #timer: ReturnType<typeof setInterval>;
  #isOver = false;

  constructor(port: number) {
    this.#port = port;
    for (let n = 0; n < CLIENTS; n++) this.#join(n);
    this.#timer = setInterval(() => {
      for (const [n, wire] of this.#members) wire.write(holdOf(n).drip);
    }, DRIP_MS);
  }

  #join(n: number): void {
    if (this.#isOver) return;
    const wire = openWire(this.#port);
    wire.write(holdOf(n).first);
    this.#members.set(n, wire);
    void wire.closed.then(() => this.#join(n));
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    for (const wire of this.#members.values()) wire[Symbol.dispose]();
  }
}

function holdOf(n: number): (typeof HOLDS)[number] {
  const hold = HOLDS[n % HOLDS.length];
  assert(hold !== undefined);
  return hold;
}

async function post(wire: Wire, n: number): Promise<void> {
  const body = JSON.stringify({ type: "resume.created", data: { n } });
  const headers = `Host: a\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json`;
  wire.write(`POST /api/events HTTP/1.1\r\n${headers}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const { responses } = await wire.wait(n + 1);
  assert.equal(responses[n]?.status, 202);
}

function descriptorsOf({ pid }: Binary): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
