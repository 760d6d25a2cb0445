/**
 * Now, in milliseconds since 1970 with their fractions: the processes of one machine agree on it to a few microseconds, as
 * long as nobody sets its clock.
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
