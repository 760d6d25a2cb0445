import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { IDLE_CONNECTION_MS, IDLE_SWEEP_MS } from "../../src/limits.ts";
import { Connections } from "../../src/real/connections.ts";
import { createFakeClock } from "../support/fake-clock.ts";

const KEYS = 2_000;

/** In the whole process, each list of a key's connections among them. */
function arraysHeld(): number {
  Bun.gc(true);
  return heapStats().objectTypeCounts["Array"] ?? 0;
}

/** As much of a connection as those who keep it see. */
class Kept {
  isClosed = false;
  keptAs = 0;
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }

  close(): void {
    this.isClosed = true;
  }
}

function openConnections(idleMax = 10) {
  const clock = createFakeClock();
  const connections = new Connections<Kept>({ after: clock.after, idleMax });
  const keep = (key: string) => {
    const connection = new Kept(key);
    connections.keep(connection);
    return connection;
  };
  return { clock, connections, keep };
}

test("a connection is given out again for its own key, and to one request at a time", () => {
  const { connections, keep } = openConnections();
  const kept = keep("a");
  expect([connections.take("b"), connections.take("a"), connections.take("a")]).toEqual([undefined, kept, undefined]);
});

test("of two idle connections the one used last is taken, so that the other can grow old", () => {
  const { connections, keep } = openConnections();
  const [older, newer] = [keep("a"), keep("a")];
  expect([connections.take("a"), connections.take("a")]).toEqual([newer, older]);
});

test("beyond the limit the longest idle connection is closed, of whatever key", () => {
  const { connections, keep } = openConnections(2);
  const [first, second, third] = [keep("a"), keep("b"), keep("b")];
  expect([first.isClosed, second.isClosed, third.isClosed]).toEqual([true, false, false]);
  expect(connections.take("a")).toBeUndefined();
});

test("one that is forgotten is not given out, and its siblings are", () => {
  const { connections, keep } = openConnections();
  const [older, newer] = [keep("a"), keep("a")];
  connections.forget(older);
  connections.forget(older);
  expect([connections.take("a"), connections.take("a")]).toEqual([newer, undefined]);
});

test("what stays idle is closed in time, however late it was last used, and then no timer runs", async () => {
  const { clock, connections, keep } = openConnections();
  const idle = keep("a");
  await clock.advance(IDLE_SWEEP_MS - 1);
  const used = keep("b");
  await clock.advance(IDLE_CONNECTION_MS - IDLE_SWEEP_MS);
  expect([idle.isClosed, used.isClosed]).toEqual([false, false]);
  connections.keep(connections.take("b") ?? used);
  await clock.advance(1);
  expect([idle.isClosed, used.isClosed]).toEqual([true, false]);
  await clock.advance(IDLE_CONNECTION_MS);
  expect([used.isClosed, clock.pending]).toEqual([true, 0]);
});

test("a key is forgotten with its last connection", async () => {
  const { clock, connections, keep } = openConnections();
  const before = arraysHeld();
  for (let n = 0; n < KEYS; n++) connections.forget(keep(`origin-${n}`));
  await clock.advance(IDLE_SWEEP_MS);
  expect(arraysHeld() - before).toBeLessThan(KEYS / 2);
  expect([clock.pending, connections.take("origin-0")]).toEqual([0, undefined]);
});

test("after the end what is idle is closed, and so is what comes back", () => {
  const { clock, connections, keep } = openConnections();
  const idle = keep("a");
  connections.close();
  expect([idle.isClosed, keep("a").isClosed, connections.take("a"), clock.pending]).toEqual([true, true, undefined, 0]);
});
