import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { holdDatabase } from "../support/database-holder.ts";
import { emptyPlace } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const EVENT = { type: "resume.created", data: {} };

test("a database that another program holds: writes are refused, outcomes kept; when it lets go all goes on by itself", async () => {
  using place = emptyPlace();
  const answer = Promise.withResolvers<void>();
  await using receiver = startReceiver(() => answer.promise.then(() => 200));
  await using posthorn = await startBinary(place, LOOPBACK_ALLOWED);
  await posthorn.api("POST", "/api/webhooks", { url: `${receiver.origin}/hook`, events: ["*"] });
  await posthorn.api("POST", "/api/events", { ...EVENT, id: "in-flight" });
  await receiver.next("the request in flight");

  const holder = await holdDatabase(join(place.dataDir, "posthorn.db"));
  await using _ = holder;
  answer.resolve();
  for (const id of ["refused", "refused-again"]) {
    const { status, error, headers } = await posthorn.api("POST", "/api/events", { ...EVENT, id });
    expect([status, error?.code, headers.get("retry-after")]).toEqual([503, "storage_busy", "5"]);
  }
  await posthorn.logged("another program holds the database; writes are refused, and outcomes wait, until it lets go");
  const { status, error } = await posthorn.api("GET", "/readyz");
  expect([status, error?.message]).toEqual([503, expect.stringContaining("Another program holds the database")]);
  expect((await posthorn.api("GET", "/api/events")).status).toBe(200);

  holder.signal("SIGKILL");
  await posthorn.logged("no other program holds the database any more; writes are taken again");
  await until("it is ready again", async () => (await fetch(`${posthorn.url}/readyz`)).status === 200);
  expect((await posthorn.api("POST", "/api/events", { ...EVENT, id: "refused" })).status).toBe(202);
  await nothingPending(posthorn);
  expect(receiver.requests.map(({ body }): string => JSON.parse(body).id)).toEqual(["in-flight", "refused"]);
  posthorn.signal("SIGTERM");
  const end = await posthorn.ended;
  expect(end).toMatchObject({ exitCode: 0, error: "" });
  expect(end.out.match(/holds the database; /g)).toHaveLength(1);
}, 20_000);

test("a database that another program holds does not keep it from stopping; what it could not write down is sent again", async () => {
  using place = emptyPlace();
  const answer = Promise.withResolvers<void>();
  await using receiver = startReceiver(() => answer.promise.then(() => 200));
  await using first = await startBinary(place, { ...LOOPBACK_ALLOWED, POSTHORN_SHUTDOWN_GRACE: "200ms" });
  await first.api("POST", "/api/webhooks", { url: `${receiver.origin}/hook`, events: ["*"] });
  await first.api("POST", "/api/events", EVENT);
  const before = await receiver.next("the request in flight");
  const holder = await holdDatabase(join(place.dataDir, "posthorn.db"));
  await using _ = holder;
  answer.resolve();
  await first.logged("another program holds the database; writes are refused, and outcomes wait, until it lets go");
  first.signal("SIGTERM");
  expect(await first.ended).toMatchObject({ exitCode: 0, error: "" });

  holder.signal("SIGKILL");
  await holder.ended;
  await using second = await startBinary(place, LOOPBACK_ALLOWED);
  expect((await receiver.next("the request again")).body).toBe(before.body);
  await nothingPending(second);
  expect(receiver.requests).toHaveLength(2);
}, 20_000);
