import { beforeAll, expect, test } from "bun:test";
import { type Binary, LOOPBACK_ALLOWED, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace } from "../support/place.ts";
import { startSocketServer } from "../support/socket-server.ts";
import { until } from "../support/until.ts";
import { MemoryWatch } from "../torture/memory-watch.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const WEBHOOKS = 300;
/** A character beyond Latin-1 makes a text take two bytes for each. */
const DATA = { text: "x".repeat(250_000), mark: "😀" };
/** With every delivery in flight at once it would be twice as much. */
const MOST_MB = 300;
const SETTINGS = { ...LOOPBACK_ALLOWED, POSTHORN_TIMEOUT: "1m", POSTHORN_SHUTDOWN_GRACE: "0s" };

test("a long event to many receivers that hang takes little memory, when it is posted and after a death", async () => {
  using place = emptyPlace();
  let connections = 0;
  await using hanging = await startSocketServer(() => {
    connections += 1;
  });
  {
    await using posthorn = await startBinary(place, SETTINGS);
    const webhooks = Array.from({ length: WEBHOOKS }, (_, n) => ({ url: `${hanging.origin}/${n}`, events: ["*"] }));
    for (const webhook of webhooks) expect((await posthorn.api("POST", "/api/webhooks", webhook)).status).toBe(201);
    for (let n = 0; n < 2; n++) expect((await post(posthorn)).status).toBe(202);
    await until("some hang", () => connections > 30);
    expect(await mostMbOf(posthorn)).toBeLessThan(MOST_MB);
    posthorn.signal("SIGKILL");
    await posthorn.ended;
  }
  connections = 0;
  await using restarted = await startBinary(place, SETTINGS);
  await until("some hang again", () => connections > 30);
  expect(await mostMbOf(restarted)).toBeLessThan(MOST_MB);
}, 60_000);

function post({ api }: Binary) {
  return api("POST", "/api/events", { type: "resume.created", data: DATA });
}

/** When the API has answered behind all that was to be started. */
async function mostMbOf({ api, pid }: Binary): Promise<number> {
  expect((await api("GET", "/api/events")).status).toBe(200);

  return new MemoryWatch(pid).peakMb;
}
