/** What a run's latencies come to, in milliseconds. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** @throws RangeError without a value: nothing was measured */
export function latencyOf(valuesMs: ArrayLike<number>): Latency {
  const sorted = Float64Array.from(valuesMs).sort();
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
  };
}

/**
 * The smallest value that at least `share` of them do not exceed (nearest rank).
 *
 * @param sorted ascending
 * @throws RangeError without a value
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.max(1, Math.ceil(sorted.length * share));
  const value = sorted[rank - 1];
  if (value === undefined) throw new RangeError("Nothing was measured.");
  return value;
}

/** The middle value, or the mean of the two in the middle. @throws RangeError without a value */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const [lower, upper] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  if (lower === undefined || upper === undefined) throw new RangeError("Nothing was measured.");
  return (lower + upper) / 2;
}

/** By how much `y` grows for each 1 of `x`: the line of least squares. Zero when all x are the same. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const common = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return spread === 0 ? 0 : common / spread;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
