import { beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

test("a server whose lock was removed ends before another one sends what it had under way", async () => {
  using place = emptyPlace();
  const order: string[] = [];
  await using receiver = startReceiver(() => {
    order.push("request");
    return order.length === 1 ? new Promise<number>(() => {}) : 200;
  });
  await using first = await startBinary(place, LOOPBACK_ALLOWED);
  await first.api("POST", "/api/webhooks", { url: `${receiver.origin}/hook`, events: ["*"] });
  await first.api("POST", "/api/events", { type: "resume.created", data: {} });
  await receiver.next("the request in flight");

  rmSync(join(place.dataDir, "posthorn.lock"));
  const ended = first.ended.then((end) => {
    order.push("the first has ended");
    return end;
  });
  await using second = await startBinary(place, LOOPBACK_ALLOWED);
  await nothingPending(second);
  const { exitCode, out } = await ended;
  expect(exitCode).toBe(1);
  expect(out.split("\n").at(-1)).toMatch(/"Posthorn cannot go on".*posthorn\.lock was removed or replaced/);
  expect(order).toEqual(["request", "the first has ended", "request"]);
}, 20_000);

test("a server whose data directory was removed ends with 1 and says why", async () => {
  using place = emptyPlace();
  await using posthorn = await startBinary(place);
  rmSync(place.dataDir, { recursive: true });
  const { exitCode, out } = await posthorn.ended;
  expect([exitCode, out]).toEqual([1, expect.stringMatching(/"Posthorn cannot go on".*was removed or replaced/)]);
}, 20_000);
