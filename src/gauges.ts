import { Gauge, type Registry } from 'prom-client';

/** Connections of one pool, and how many wait for one. */
export type PoolCounts = Readonly<{ open: number; idle: number; waiting: number }>;

/** What stands at the moment of asking, read when somebody asks. */
export type Standing = Readonly<{
  /** undefined where there is no pool: the embedded database, files for mails. */
  storePool(): PoolCounts | undefined;
  upstreamPool(): PoolCounts | undefined;
  /** Whether clicks wait for the store. */
  hasSpooled(): boolean;
  /** Jobs by state; rejects while the store is away. */
  jobs(): Promise<readonly Readonly<{ state: string; count: number }>[]>;
  /** Whether this process wants requests. */
  isReady(): Promise<boolean>;
}>;

function poolGauge(
  registry: Registry,
  name: string,
  help: string,
  counts: () => PoolCounts | undefined,
): void {
  new Gauge({
    name: `career_relay_${name}_pool_connections`,
    help,
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { open, idle, waiting } = counts() ?? { open: 0, idle: 0, waiting: 0 };
      this.set({ state: 'used' }, open - idle);
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'waited_for' }, waiting);
    },
  });
}

/** Registers the gauges of a process. @param withJobs whether this one looks after jobs: one role tells of them */
export function registerGauges(registry: Registry, standing: Standing, withJobs: boolean): void {
  poolGauge(registry, 'store', 'Connections to PostgreSQL', standing.storePool);
  poolGauge(registry, 'upstream', 'Connections to the next mail server', standing.upstreamPool);
  new Gauge({
    name: 'career_relay_spool_pending',
    help: '1 while clicks wait for the store in the spool',
    registers: [registry],
    aggregator: 'max',
    collect() {
      this.set(standing.hasSpooled() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'career_relay_ready',
    help: '1 while the process is ready, as /readyz says',
    registers: [registry],
    aggregator: 'min',
    async collect() {
      this.set((await standing.isReady()) ? 1 : 0);
    },
  });
  if (!withJobs) return;
  new Gauge({
    name: 'career_relay_jobs_waiting',
    help: 'Jobs that are not done, by state (created, retry, active, failed)',
    labelNames: ['state'],
    registers: [registry],
    aggregator: 'max',
    async collect() {
      // While the store is away nobody knows: the series ends, and `ready` says why.
      const counts = await standing.jobs().catch(() => []);
      this.reset();
      for (const { state, count } of counts) this.set({ state }, count);
    },
  });
}
