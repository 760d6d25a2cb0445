/** What the process tells its caller. */
export const EXIT = {
  ok: 0,
  /** It could not start, could not go on, or (healthcheck) is not alive. */
  failed: 1,
  /** A mistake in the command line or in a setting: starting again changes nothing. */
  usage: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
