import PgBoss from 'pg-boss';
import type { Db, Queryable } from '../db/db.js';
import { oneAtATime } from '../db/migrate.js';
import { withinDeadline } from '../deadline.js';
import type { Events } from '../events.js';
import type { JobData, JobHandlers, JobName, Jobs } from './jobs.js';

const NAMES: readonly JobName[] = [
  'verification-mail',
  'my-data-mail',
  'notice-mail',
  'sign-in-mail',
  'invitation-mail',
];
const RETRY = { retryLimit: 12, retryDelay: 5, retryBackoff: true };
/** Seconds after which a job whose worker died is given to another; longer than a slow mail server takes. */
const ABANDONED_AFTER = 300;
/** Seconds between looks for such jobs. */
const REVIVE_EVERY = 30;
/** Milliseconds between looks for jobs that are due. */
const LOOK_EVERY = 250;
const BATCH = 20;
/** Milliseconds that jobs under way have to finish when the process stops; then they are handed back. */
const FINISH = 4_000;

export interface JobQueue extends Jobs {
  /** Prepares the queue's tables; with `work`, also runs jobs as they come. */
  start(options: { work: boolean }): Promise<void>;
  /** Runs what is due now and returns how many jobs ran. For tests and for a clean stop. */
  drain(): Promise<number>;
  /** Jobs that are not done, by state. */
  counts(): Promise<readonly Readonly<{ state: string; count: number }>[]>;
  /** Takes no more jobs; what is under way has `patience` milliseconds, and is handed back then. */
  stop(patience?: number): Promise<void>;
}

/** pg-boss calls with text alone for its schema (several statements), with values for everything else. */
function bossDatabase(db: Queryable & { exec(sql: string): Promise<void> }): PgBoss.Db {
  return {
    executeSql: async (text: string, values?: unknown[]) => {
      if (values === undefined || values.length === 0) {
        if (/;\s*\S/.test(text)) {
          await db.exec(text);
          return { rows: [] };
        }
      }
      return { rows: await db.query(text, values) };
    },
  };
}

/** The embedded database is this process's alone: a job that is under way at its start died with the process before. */
async function reviveJobs(db: Queryable): Promise<void> {
  await db.query("UPDATE pgboss.job SET state = 'retry', start_after = now() WHERE state = 'active'");
}

/** What this process has not finished when it must go is another's at once. */
async function handBack(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query(
    "UPDATE pgboss.job SET state = 'retry', start_after = now() WHERE state = 'active' AND id = ANY ($1::uuid[])",
    [ids],
  );
}

/**
 * The job queue: pg-boss on our own database handle, so that it runs on PGlite and on PostgreSQL alike.
 * @param handlers what to do for each job; a handler that throws is tried again with growing delays
 */
export function createJobQueue(db: Db, events: Events, handlers: () => JobHandlers): JobQueue {
  let boss = createBoss();

  function createBoss(): PgBoss {
    const made = new PgBoss({
      db: bossDatabase(db),
      supervise: true,
      schedule: false,
      monitorStateIntervalSeconds: REVIVE_EVERY,
      expireInSeconds: ABANDONED_AFTER,
    });
    made.on('error', (error) => events.jobFailed('queue', error));
    return made;
  }

  async function startBoss(): Promise<void> {
    try {
      await boss.start();
    } catch (error) {
      // One whose start failed counts itself as starting for ever.
      boss = createBoss();
      throw error;
    }
  }

  async function run<Name extends JobName>(id: string, name: Name, data: JobData[Name]): Promise<void> {
    const began = performance.now();
    const took = () => performance.now() - began;
    try {
      await handlers()[name](data);
      events.jobDone(name);
      events.jobTimed(id, name, 'done', took());
    } catch (error) {
      events.jobFailed(name, error);
      events.jobTimed(id, name, 'failed', took());
      throw error;
    }
  }

  async function finish(job: PgBoss.Job<JobData[JobName]>, name: JobName): Promise<void> {
    running.add(job.id);
    await settle(job, name).finally(() => running.delete(job.id));
  }

  async function settle(job: PgBoss.Job<JobData[JobName]>, name: JobName): Promise<void> {
    try {
      await run(job.id, name, job.data);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      await boss.fail(name, job.id, { message });
      return;
    }
    await boss.complete(name, job.id);
  }

  /** One batch of a queue, side by side: a slow mail server holds up its own mails only. */
  async function drainOne(name: JobName): Promise<number> {
    const batch = await boss.fetch<JobData[typeof name]>(name, { batchSize: BATCH });
    await Promise.all(batch.map((job) => finish(job, name)));
    return batch.length;
  }

  async function drain(): Promise<number> {
    let total = 0;
    for (;;) {
      const counts = await Promise.all(NAMES.map(drainOne));
      const round = counts.reduce((sum, count) => sum + count, 0);
      total += round;
      if (round === 0 || stopped) return total;
    }
  }

  const running = new Set<string>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  /** Runs what is due, and looks again a little later. A queue that cannot be read is looked at again, too. */
  async function work(): Promise<void> {
    await drain().catch((error: unknown) => events.jobFailed('queue', error));
    if (stopped) return;
    timer = setTimeout(() => {
      looking = work();
    }, LOOK_EVERY);
  }

  async function prepare(): Promise<void> {
    await startBoss();
    for (const name of NAMES) await boss.createQueue(name, { name, ...RETRY });
  }

  return {
    async start(options) {
      // The embedded database has one process and one connection; elsewhere two that start at once would each wait for
      // what the other holds.
      if (db.engine === 'pglite') await prepare();
      else await oneAtATime(db, prepare);
      if (!options.work) return;
      if (db.engine === 'pglite') await reviveJobs(db);
      looking = work();
    },
    async enqueue(tx, name, data) {
      await boss.send(name, data, { db: bossDatabase(tx), ...RETRY });
    },
    drain,
    counts: () =>
      db.query<{ state: string; count: number }>(
        "SELECT state::text, count(*) FROM pgboss.job WHERE state IN ('created', 'retry', 'active', 'failed') GROUP BY 1",
        [],
        { timeout: 2_000 },
      ),
    async stop(patience = FINISH) {
      stopped = true;
      clearTimeout(timer);
      await withinDeadline(looking, patience).catch(() => handBack(db, [...running]));
      await boss.stop({ graceful: false, close: false });
    },
  };
}
