import { sharedContest } from "./contest.ts";

/** As fast as 64 connections can: throughput, and the processor time that it takes. */
export const saturation = sharedContest(["bare", "posthorn", "queue"], { connections: 64 });
