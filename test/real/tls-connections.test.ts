import { expect, test } from "bun:test";
import { IDLE_TLS_CONNECTIONS_MAX } from "../../src/limits.ts";
import { TlsConnections } from "../../src/real/tls-connections.ts";
import type { OutgoingRequest } from "../../src/world.ts";

/** Nothing is connected to before something is dispatched, so these requests open no socket. */
function requestTo(host: string, address = "127.0.0.1"): OutgoingRequest {
  return { url: new URL(`https://${host}/`), address, headers: [], body: "", connectTimeoutMs: 1_000 };
}

test("a connection is given out again for its own origin and address, and to one request at a time", () => {
  const connections = new TlsConnections({ ca: undefined, idleMax: IDLE_TLS_CONNECTIONS_MAX });
  const first = connections.take(requestTo("a.test"));
  expect(connections.take(requestTo("a.test"))).not.toBe(first);
  connections.keep(first);
  expect(connections.take(requestTo("a.test:8443"))).not.toBe(first);
  expect(connections.take(requestTo("a.test", "127.0.0.2"))).not.toBe(first);
  expect(connections.take(requestTo("a.test"))).toBe(first);
});

test("of two idle connections the one used last is taken, so that the other can grow old", () => {
  const connections = new TlsConnections({ ca: undefined, idleMax: IDLE_TLS_CONNECTIONS_MAX });
  const [older, newer] = [connections.take(requestTo("a.test")), connections.take(requestTo("a.test"))];
  connections.keep(older);
  connections.keep(newer);
  expect([connections.take(requestTo("a.test")), connections.take(requestTo("a.test"))]).toEqual([newer, older]);
});

test("beyond the limit the longest idle connection is closed", () => {
  const connections = new TlsConnections({ ca: undefined, idleMax: IDLE_TLS_CONNECTIONS_MAX });
  const all = Array.from({ length: IDLE_TLS_CONNECTIONS_MAX + 1 }, (_, index) =>
    connections.take(requestTo(`host-${index}.test`)),
  );
  for (const connection of all) connections.keep(connection);
  expect(connections.take(requestTo("host-0.test"))).not.toBe(all[0]);
  expect(connections.take(requestTo("host-1.test")) === all[1]).toBe(true);
});

test("what comes back after the end is closed, not kept", () => {
  const connections = new TlsConnections({ ca: undefined, idleMax: IDLE_TLS_CONNECTIONS_MAX });
  const late = connections.take(requestTo("a.test"));
  connections.close();
  connections.keep(late);
  expect(connections.take(requestTo("a.test"))).not.toBe(late);
});
