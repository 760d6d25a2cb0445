import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { CONNECTION_IDLE_SECONDS } from "../../src/limits.ts";
import { type Binary, startBinary } from "../support/binary.ts";
import { emptyPlace } from "../support/place.ts";
import { openWire, type Wire } from "../support/wire.ts";
import { Spread } from "./spread.ts";
import type { Figures, Suite } from "./suite.ts";

const EACH = 50;
const EACH_FULL = 500;
const DRIP_MS = 1_000;
const POST_EVERY_MS = 50;
/** An answer that slow clients held up would take as long as they do. */
const ANSWER_MAX_MS = 5_000;
/** Bun looks at its idle connections every four seconds, and this machine may be busy with other things. */
const SLACK_SECONDS = 15;
/** Of a head, Bun's own bound: it is not the product's, but the product relies on it. */
const HEAD_SECONDS = 12;
/** Connections of whoever posts meanwhile. */
const OTHERS_MAX = 10;
const KEY = "an-admin-key-of-more-than-32-characters";

/** A client that takes its time: what it writes at once, and what it then writes, piece by piece. */
interface SlowClient {
  readonly first: string;
  readonly drip?: string;
  /** It never comes to the end of its head. */
  readonly isHead?: true;
  readonly readsNothing?: true;
}

const POST = `POST /api/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`;
const KNOWN = `${POST}Authorization: Bearer ${KEY}\r\n`;

const SLOW: Readonly<Record<string, SlowClient>> = {
  "says nothing": { first: "", isHead: true },
  "writes a header by the byte": { first: "GET /livez HTTP/1.1\r\nHost: a\r\nX-A: ", drip: "a", isHead: true },
  "writes a header at a time": { first: "GET /livez HTTP/1.1\r\nHost: a\r\n", drip: "X-A: a\r\n", isHead: true },
  "writes a body by the byte": { first: `${KNOWN}Content-Length: 1000\r\n\r\n{`, drip: " " },
  "writes a chunk at a time": { first: `${KNOWN}Transfer-Encoding: chunked\r\n\r\n`, drip: "1\r\n \r\n" },
  "stops in a body": { first: `${KNOWN}Content-Length: 1000\r\n\r\n{` },
  "writes a body that nobody reads": { first: `${POST}Content-Length: 1000\r\n\r\n`, drip: " " },
  "asks for much and reads nothing": {
    first: "GET /swagger/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n\r\n",
    readsNothing: true,
  },
  "asks, reads and stays": { first: "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n" },
};

export const slowClients: Suite = {
  name: "slow-clients",
  describe: "clients that write slowly, read nothing or only stay: others are answered meanwhile, and they are cut off",
  problem: () => (process.platform === "linux" ? null : "/proc tells of open connections only on Linux"),
  run: async ({ full }) => {
    using place = emptyPlace();
    await using posthorn = await startBinary(place, { POSTHORN_ADMIN_KEY: KEY });
    const ownSockets = socketsOf(posthorn);
    const crowd = new Crowd(Number(new URL(posthorn.url).port), full ? EACH_FULL : EACH);
    await using others = startOthers(posthorn);
    const heads = await crowd.closed(({ isHead }) => isHead === true, HEAD_SECONDS + SLACK_SECONDS);
    // In the short form nobody waits for the rest of them.
    const rest = full ? await idleEnd(posthorn, ownSockets, crowd) : {};
    const acknowledged = await others.stop();
    crowd[Symbol.dispose]();
    assert(others.answersMs.worst < ANSWER_MAX_MS, `others were answered after ${others.answersMs} ms`);
    assert.equal(await storedEvents(posthorn), acknowledged);
    return {
      ...{ "slow connections": crowd.size, "heads that never end, cut off after, s": heads, ...rest },
      ...{ "events posted meanwhile": acknowledged, "answered within, ms": String(others.answersMs) },
    };
  },
};

/** Also of those that read nothing: their end can only be seen from the server's side. */
async function idleEnd(posthorn: Binary, ownSockets: number, crowd: Crowd): Promise<Figures> {
  const seconds = await crowd.closed(
    ({ readsNothing }) => readsNothing !== true,
    CONNECTION_IDLE_SECONDS + SLACK_SECONDS,
  );
  const deadline = performance.now() + SLACK_SECONDS * 1_000;
  while (socketsOf(posthorn) > ownSockets + OTHERS_MAX) {
    assert(performance.now() < deadline, `${socketsOf(posthorn) - ownSockets} connections are still open`);
    await Bun.sleep(DRIP_MS);
  }
  return { "all others, cut off after, s": seconds };
}

function socketsOf({ pid }: Binary): number {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).filter((descriptor) => isSocket(`${directory}/${descriptor}`)).length;
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith("socket:");
  } catch {
    return false;
  }
}

/** So many of each kind. */
class Crowd implements Disposable {
  readonly #members: readonly { readonly client: SlowClient; readonly wire: Wire }[];
  readonly #begun = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(port: number, each: number) {
    this.#members = Object.values(SLOW).flatMap((client) =>
      Array.from({ length: each }, () => ({ client, wire: openWire(port, { pauses: client.readsNothing === true }) })),
    );
    for (const { client, wire } of this.#members) wire.write(client.first);
    this.#timer = setInterval(() => {
      for (const { client, wire } of this.#members) if (client.drip !== undefined) wire.write(client.drip);
    }, DRIP_MS);
  }

  get size(): number {
    return this.#members.length;
  }

  /** Resolves with the seconds after which the last of those was cut off; rejects when it takes longer than that. */
  async closed(isMeant: (client: SlowClient) => boolean, maxSeconds: number): Promise<number> {
    const meant = this.#members.filter(({ client }) => isMeant(client));
    await Promise.all(meant.map(({ wire }) => wire.closed));
    const seconds = (performance.now() - this.#begun) / 1_000;
    assert(seconds < maxSeconds, `they were cut off after ${seconds} s`);
    return seconds;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const { wire } of this.#members) wire[Symbol.dispose]();
  }
}

interface Others extends AsyncDisposable {
  readonly answersMs: Spread;
  /** Resolves with the number of events that were acknowledged. */
  stop(): Promise<number>;
}

/** Posts events one after the other, and measures how long each takes. */
function startOthers(posthorn: Binary): Others {
  const answersMs = new Spread();
  let isOver = false;
  let acknowledged = 0;
  const posting = (async () => {
    while (!isOver) {
      const begun = performance.now();
      const { status } = await posthorn.api("POST", "/api/events", { type: "resume.created", data: {} });
      answersMs.add(performance.now() - begun);
      assert.equal(status, 202);
      acknowledged += 1;
      await Bun.sleep(POST_EVERY_MS);
    }
  })();
  const stop = async () => {
    isOver = true;
    await posting;
    return acknowledged;
  };
  return { answersMs, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

async function storedEvents({ url }: Binary): Promise<number> {
  const metrics = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${KEY}` } });
  return Number(/^posthorn_events_accepted_total (\d+)$/m.exec(await metrics.text())?.[1]);
}
