import { expect, test } from "bun:test";
import { BufferBudget } from "../../src/delivery/buffer-budget.ts";
import { Lane } from "../../src/delivery/lane.ts";
import { LaneSchedule } from "../../src/delivery/lane-schedule.ts";

function laneOf(webhook: number): Lane {
  return new Lane(webhook, { cap: 16, budget: new BufferBudget() });
}

test("lanes come when their time has come, the soonest first", () => {
  const schedule = new LaneSchedule();
  const [early, late] = [laneOf(1), laneOf(2)];
  schedule.add(late, 20);
  schedule.add(early, 10);
  expect(schedule.nextAt).toBe(10);
  expect(schedule.takeDue(9)).toEqual([]);
  expect(schedule.takeDue(20)).toEqual([early, late]);
  expect(schedule.nextAt).toBe(Number.POSITIVE_INFINITY);
});

test("a lane that is moved to an earlier time comes then, and later again", () => {
  const schedule = new LaneSchedule();
  const lane = laneOf(1);
  schedule.add(lane, 20);
  schedule.add(lane, 10);
  schedule.add(lane, 15);
  expect(schedule.takeDue(10)).toEqual([lane]);
  expect(schedule.nextAt).toBe(20);
  expect(schedule.takeDue(20)).toEqual([lane]);
});

test("a lane that wakes a thousand times while a delivery waits for days has one appointment for it", () => {
  const schedule = new LaneSchedule();
  const lane = laneOf(1);
  const daysAway = 1_000_000;
  for (let now = 1; now <= 1_000; now++) {
    schedule.add(lane, daysAway);
    schedule.add(lane, now);
    expect(schedule.takeDue(now)).toEqual([lane]);
  }
  expect(lane.appointments).toEqual([daysAway]);
});
