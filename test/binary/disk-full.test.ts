import { beforeAll, expect, test } from "bun:test";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { startProgram } from "../support/program.ts";
import { startReceiver } from "../support/receiver.ts";
import { smallDisk, smallDiskProblem } from "../support/small-disk.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const MB = 1_024 * 1_024;
/** It may take events until nothing at all is left. */
const WHOLE_DISK = { ...LOOPBACK_ALLOWED, POSTHORN_DISK_RESERVE: "0B" };
const PADDING = "x".repeat(200);
const problem = smallDiskProblem();
if (problem !== null) process.stdout.write(`the tests of a full disk cannot run here: ${problem}\n`);

test.skipIf(problem !== null)(
  "a full disk: events are refused, readers answered, outcomes kept; with room again all goes on by itself (needs mount)",
  async () => {
    using disk = smallDisk(16 * MB);
    const answer = Promise.withResolvers<void>();
    await using receiver = startReceiver(() => answer.promise.then(() => 200));
    await using posthorn = await startBinary(disk, { ...WHOLE_DISK, POSTHORN_CONCURRENCY_PER_WEBHOOK: "4" });
    const webhook = { url: `${receiver.origin}/hook`, events: ["*"] };
    expect((await posthorn.api("POST", "/api/webhooks", webhook)).status).toBe(201);

    const acknowledged = new Set<string>();
    const post = async (id: string) => {
      const { status, error } = await posthorn.api("POST", "/api/events", event(id));
      if (status === 202) acknowledged.add(id);
      return { status, code: error?.code ?? null };
    };
    await post("while-there-is-room");
    await receiver.next("a request in flight");
    disk.fill(MB / 4);
    const refusal = await until("an event is refused", async () => {
      const outcome = await post(`filler-${acknowledged.size}`);
      return outcome.status !== 202 && outcome;
    });
    expect(refusal).toEqual({ status: 503, code: "storage_full" });
    await until("it is not ready", async () => (await fetch(`${posthorn.url}/readyz`)).status === 503);
    expect((await fetch(`${posthorn.url}/livez`)).status).toBe(200);
    expect(await storedIds(posthorn)).toEqual(acknowledged);

    // The receiver answers while its outcomes cannot be written: they are kept in memory and nothing is sent again.
    answer.resolve();
    await until("the loop rests", async () => (await inFlight(posthorn)) === 0);
    expect(await post("still-full")).toEqual({ status: 503, code: "storage_full" });

    disk.clear();
    await until("it is ready again", async () => (await fetch(`${posthorn.url}/readyz`)).status === 200);
    expect(await post("room-again")).toEqual({ status: 202, code: null });
    await nothingPending(posthorn);
    const sent = receiver.requests.map(({ body }): string => JSON.parse(body).id);
    expect(new Set(sent)).toEqual(acknowledged);
    expect(sent).toHaveLength(acknowledged.size);
    posthorn.signal("SIGTERM");
    expect(await posthorn.ended).toMatchObject({ exitCode: 0, error: "" });
  },
  20_000,
);

test.skipIf(problem !== null)(
  "a full disk does not keep it from stopping; what it could not write down is sent again after the next start (needs mount)",
  async () => {
    using disk = smallDisk(16 * MB);
    const answer = Promise.withResolvers<void>();
    await using receiver = startReceiver(() => answer.promise.then(() => 200));
    await using first = await startBinary(disk, { ...WHOLE_DISK, POSTHORN_SHUTDOWN_GRACE: "200ms" });
    await first.api("POST", "/api/webhooks", { url: `${receiver.origin}/hook`, events: ["*"] });
    await first.api("POST", "/api/events", event("first"));
    const before = await receiver.next("the request in flight");
    disk.fill(0);
    answer.resolve();
    await until("the loop rests", async () => (await inFlight(first)) === 0);
    first.signal("SIGTERM");
    expect(await first.ended).toMatchObject({ exitCode: 0, error: "" });

    disk.clear();
    await using second = await startBinary(disk, WHOLE_DISK);
    const again = await receiver.next("the request again");
    expect(again.body).toBe(before.body);
    await nothingPending(second);
    expect(receiver.requests).toHaveLength(2);
  },
  20_000,
);

test.skipIf(problem !== null)(
  "a first start without room says so in one sentence, however far it comes, and the next one is as good (needs mount)",
  async () => {
    for (const leftBytes of [0, 4_096, 16_384, 65_536, 262_144]) {
      using disk = smallDisk(MB);
      disk.fill(leftBytes);
      await using starting = startProgram([await builtBinary(), "serve"], {
        env: { POSTHORN_PORT: "0" },
        cwd: disk.path,
      });
      const { exitCode, out, error } = await starting.ended;
      expect({ leftBytes, exitCode, out, error }).toMatchObject({
        exitCode: 1,
        out: "",
        error: expect.stringMatching(/^[^\n]*(the disk is full|no room on the disk)[^\n]*\.\n$/),
      });
      disk.clear();
      await using posthorn = await startBinary(disk, WHOLE_DISK);
      expect((await posthorn.api("GET", "/api/keys")).status).toBe(200);
    }
  },
  15_000,
);

function event(id: string) {
  return { id, type: "resume.created", data: { padding: PADDING } };
}

async function storedIds(posthorn: Binary): Promise<ReadonlySet<string>> {
  const { data } = await posthorn.api<{ id: string }[]>("GET", "/api/events?limit=200");
  return new Set(data.map(({ id }) => id));
}

async function inFlight(posthorn: Binary): Promise<number> {
  return (await posthorn.api<{ in_flight: number }>("GET", "/health")).data.in_flight;
}
