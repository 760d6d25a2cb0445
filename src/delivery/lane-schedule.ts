import type { Millis } from "../world.ts";
import type { Lane } from "./lane.ts";
import { MinHeap } from "./min-heap.ts";

interface Appointment {
  readonly at: Millis;
  readonly lane: Lane;
}

/**
 * When each resting lane is to be looked at next: a binary heap of appointments. A lane that is moved to an earlier time
 * leaves its old appointment behind, which is skipped when its time comes.
 */
export class LaneSchedule {
  readonly #heap = new MinHeap<Appointment>((a, b) => a.at < b.at);

  get nextAt(): Millis {
    return this.#heap.least?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Looks at `lane` at `at`, unless it is to be looked at before. */
  add(lane: Lane, at: Millis): void {
    if (at >= lane.scheduledAt || at === Number.POSITIVE_INFINITY) return;
    lane.scheduledAt = at;
    this.#heap.push({ at, lane });
  }

  /** The lanes whose time has come. */
  takeDue(now: Millis): readonly Lane[] {
    const due: Lane[] = [];
    while (this.nextAt <= now) {
      const appointment = this.#heap.pop();
      if (appointment === undefined || appointment.lane.scheduledAt !== appointment.at) continue;
      appointment.lane.scheduledAt = Number.POSITIVE_INFINITY;
      due.push(appointment.lane);
    }
    return due;
  }
}
