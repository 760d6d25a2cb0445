import type { Millis } from "../world.ts";
import type { Lane } from "./lane.ts";
import { MinHeap } from "./min-heap.ts";

interface Appointment {
  readonly at: Millis;
  readonly lane: Lane;
}

/**
 * When each resting lane is to be looked at next: a binary heap of appointments. A lane that is moved to an earlier time
 * keeps its later appointment and falls back to it, so that a delivery which waits for days costs one, however often its
 * lane wakes meanwhile.
 */
export class LaneSchedule {
  readonly #heap = new MinHeap<Appointment>((a, b) => a.at < b.at);

  get nextAt(): Millis {
    return this.#heap.least?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Looks at `lane` at `at`, unless it is to be looked at before. */
  add(lane: Lane, at: Millis): void {
    if (at >= (lane.appointments.at(-1) ?? Number.POSITIVE_INFINITY)) return;
    lane.appointments.push(at);
    this.#heap.push({ at, lane });
  }

  /** The lanes whose time has come. */
  takeDue(now: Millis): readonly Lane[] {
    const due: Lane[] = [];
    while (this.nextAt <= now) {
      const appointment = this.#heap.pop();
      if (appointment === undefined) break;
      appointment.lane.appointments.pop();
      due.push(appointment.lane);
    }
    return due;
  }
}
