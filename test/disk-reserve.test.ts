import { expect, test } from "bun:test";
import { DiskReserve } from "../src/disk-reserve.ts";
import { DISK_LOOK_MS } from "../src/limits.ts";
import { createLog } from "../src/log.ts";
import { createFakeClock } from "./support/fake-clock.ts";

const RESERVE_BYTES = 64 * 1_024 * 1_024;

function watch(reserveBytes: number) {
  const clock = createFakeClock();
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line), wall: clock.wall });
  const disk: { freeBytes: number | null; looks: number } = { freeBytes: RESERVE_BYTES, looks: 0 };
  const freeBytes = async () => {
    disk.looks += 1;
    return disk.freeBytes;
  };
  return { reserve: new DiskReserve({ clock, log, freeBytes, reserveBytes }), clock, lines, disk };
}

test("the reserve is touched when less is free than that, until there is more again, and both are told once", async () => {
  const { reserve, clock, lines, disk } = watch(RESERVE_BYTES);
  await reserve.start();
  expect(reserve.isTouched).toBe(false);
  disk.freeBytes = RESERVE_BYTES - 1;
  await clock.advance(DISK_LOOK_MS);
  expect(reserve.isTouched).toBe(true);
  await clock.advance(3 * DISK_LOOK_MS);
  disk.freeBytes = RESERVE_BYTES;
  await clock.advance(DISK_LOOK_MS);
  expect(reserve.isTouched).toBe(false);
  expect(lines).toEqual([
    expect.stringMatching(
      /WARN {2}the disk is nearly full; new events are refused free_bytes=67108863 reserve=64MB\n$/,
    ),
    expect.stringMatching(/INFO {2}there is room on the disk again; new events are taken free_bytes=67108864/),
  ]);
});

test("a disk that is nearly full at the start is known before the first request", async () => {
  const { reserve, disk } = watch(RESERVE_BYTES);
  disk.freeBytes = 0;
  await reserve.start();
  expect(reserve.isTouched).toBe(true);
});

test("where the system does not tell what is free, events are taken", async () => {
  const { reserve, disk } = watch(RESERVE_BYTES);
  disk.freeBytes = null;
  await reserve.start();
  expect(reserve.isTouched).toBe(false);
});

test("without a reserve, and after the stop, nothing is looked at", async () => {
  const none = watch(0);
  await none.reserve.start();
  expect([none.disk.looks, none.clock.pending]).toEqual([0, 0]);
  const stopped = watch(RESERVE_BYTES);
  await stopped.reserve.start();
  stopped.reserve.stop();
  expect(stopped.clock.pending).toBe(0);
});
