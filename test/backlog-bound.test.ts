import { expect, test } from "bun:test";
import { BacklogBound } from "../src/backlog-bound.ts";
import { BACKLOG_LOOK_MS } from "../src/limits.ts";
import { createLog } from "../src/log.ts";
import { StoreError } from "../src/store/contract.ts";
import { createFakeClock } from "./support/fake-clock.ts";

function watch(maxPending: number) {
  const clock = createFakeClock();
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line), wall: clock.wall });
  const backlog = { pending: 0, isShut: false };
  const pending = async () => {
    if (backlog.isShut) throw new StoreError("closed", "The store is closed.");
    return backlog.pending;
  };
  return { bound: new BacklogBound({ store: { pending }, clock, log, maxPending }), clock, lines, backlog };
}

test("at the bound events are refused, until a tenth of the backlog has gone, and both are told once", async () => {
  const { bound, clock, lines, backlog } = watch(1_000);
  backlog.pending = 999;
  await bound.start();
  expect(bound.isReached).toBe(false);
  const seen: boolean[] = [];
  for (backlog.pending of [1_000, 1_200, 999, 900, 899, 999, 1_000]) {
    await clock.advance(BACKLOG_LOOK_MS);
    seen.push(bound.isReached);
  }
  expect(seen).toEqual([true, true, true, true, false, false, true]);
  expect(lines).toEqual([
    expect.stringMatching(/WARN {2}the backlog is full; new events are refused pending=1000 max=1000\n$/),
    expect.stringMatching(/INFO {2}the backlog has shrunk; new events are taken pending=899 max=1000\n$/),
    expect.stringMatching(/WARN {2}the backlog is full/),
  ]);
});

test("a backlog that is full at the start is known before the first request", async () => {
  const { bound, backlog } = watch(1);
  backlog.pending = 1;
  await bound.start();
  expect(bound.isReached).toBe(true);
  bound.stop();
});

test("after the stop, and when the store is shut, nothing is looked at and nothing fails", async () => {
  const { bound, clock, backlog } = watch(10);
  await bound.start();
  backlog.isShut = true;
  await clock.advance(BACKLOG_LOOK_MS);
  expect(bound.isReached).toBe(false);
  bound.stop();
  expect(clock.pending).toBe(0);
});
