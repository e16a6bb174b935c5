import type { Metric, Registry } from 'prom-client';

/** Upper bounds of the buckets, in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Counts how long each phase took. @param seconds negative ones (a clock that was set back) count as none */
export type Timing<Phase extends string> = (phase: Phase, seconds: number) => void;

class Distribution {
  /** The last is for what took longer than every bound. */
  readonly counts = new Array<number>(BOUNDS.length + 1).fill(0);
  sum = 0;

  add(seconds: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]!) bucket += 1;
    this.counts[bucket]! += 1;
    this.sum += Math.max(0, seconds);
  }

  /** Cumulative, as Prometheus has them. */
  values(name: string, labels: Readonly<Record<string, string>>) {
    let count = 0;
    const buckets = this.counts.map((one, index) => {
      count += one;
      return {
        metricName: `${name}_bucket`,
        labels: { ...labels, le: BOUNDS[index] ?? '+Inf' },
        value: count,
      };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/**
 * A histogram for hot paths. prom-client's own looks its labels up and makes two closures at each observation; here one
 * is an addition (docs/decisions/0071).
 * @param phases all that there are, so that each is there from the start
 */
export function createTiming<Phase extends string>(
  registry: Registry,
  name: string,
  help: string,
  phases: readonly Phase[],
): Timing<Phase> {
  const full = `career_relay_${name}_seconds`;
  const distributions = new Map(phases.map((phase) => [phase, new Distribution()]));
  const metric = {
    name: full,
    get: async () => ({
      name: full,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...distributions].flatMap(([phase, one]) => one.values(full, { phase })),
    }),
  };
  // The registry asks a metric for its name and its values, and for nothing else that its type has.
  registry.registerMetric(metric as unknown as Metric);
  return (phase, seconds) => distributions.get(phase)!.add(seconds);
}
