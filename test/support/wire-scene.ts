import assert from "node:assert/strict";
import { type Binary, startBinary } from "./binary.ts";
import { emptyPlace } from "./place.ts";
import { openWire } from "./wire.ts";
import type { WireResponse } from "./wire-response.ts";

/** The compiled binary, and clients that write to its sockets whatever they like. */
export interface WireScene extends AsyncDisposable {
  readonly posthorn: Binary;
  readonly port: number;
  /**
   * Writes the bytes to a connection of their own, and behind the answer an ordinary request: it must be answered as the
   * only other one. Then the events that are stored must be those that were acknowledged.
   *
   * @returns the statuses that came, and `closed` when the server closed the connection: `202`, `400 closed`, `closed`
   */
  strike(bytes: string): Promise<string>;
  /** Ends the process; fails when it found a fault in itself. */
  end(): Promise<void>;
}

export const WIRE_KEY = "an-admin-key-of-more-than-32-characters";
const PROBE = "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

export async function startWireScene(): Promise<WireScene> {
  const place = emptyPlace();
  const posthorn = await startBinary(place, { POSTHORN_ADMIN_KEY: WIRE_KEY });
  const port = Number(new URL(posthorn.url).port);
  const acknowledged: string[] = [];
  return {
    ...{ posthorn, port },
    async strike(bytes) {
      using wire = openWire(port);
      wire.write(bytes);
      const { isClosed, responses } = await wire.wait(1);
      const isLast = isClosed || responses[0]?.headers.get("connection") === "close";
      if (!isLast) wire.write(PROBE);
      const heard = await wire.closed;
      assert.equal(heard.rest, "", "something came behind the responses");
      const answers = isLast ? heard.responses : heard.responses.slice(0, -1);
      if (!isLast) assert.equal(heard.responses.at(-1)?.status, 200, "the request behind it was not answered");
      for (const answer of answers) acknowledged.push(...acknowledgedBy(answer));
      assert.deepEqual(await storedIds(posthorn), acknowledged.toSorted(), "stored is what was acknowledged");
      return [...answers.map(({ status }) => status), ...(isLast ? ["closed"] : [])].join(" ");
    },
    async end() {
      posthorn.signal("SIGTERM");
      const { exitCode, error, out } = await posthorn.ended;
      const faults = out.split("\n").filter((line) => line.includes('"level":"error"'));
      assert.deepEqual({ exitCode, error, faults }, { exitCode: 0, error: "", faults: [] });
    },
    async [Symbol.asyncDispose]() {
      await posthorn[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    },
  };
}

/** What Posthorn itself answers is an envelope with an id; what Bun refuses before there is a request has no body. */
function acknowledgedBy({ status, headers, body }: WireResponse): readonly string[] {
  assert(!/\n\s+at |\.ts:\d/.test(body), `a stack: ${body}`);
  const requestId = headers.get("x-request-id");
  if (requestId === undefined) {
    assert.deepEqual([body, headers.get("connection")], ["", "close"], `${status} without an id`);
    return [];
  }
  if (body === "") return [];
  const { success, data, error } = JSON.parse(body);
  assert.equal(success, status < 400);
  if (error !== undefined) assert.equal(error.request_id, requestId);
  return status === 202 ? [data.id] : [];
}

async function storedIds({ api }: Binary): Promise<readonly string[]> {
  const { data } = await api<readonly { readonly id: string }[]>("GET", "/api/events?limit=200");
  return data.map(({ id }) => id).toSorted();
}
