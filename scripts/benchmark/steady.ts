import { sharedContest } from "./contest.ts";

/** A thousand events a second at fixed moments: so that queueing shows. */
export const steady = sharedContest(["bare", "posthorn", "queue"], { perSecond: 1_000 });
