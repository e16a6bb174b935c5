import PgBoss from 'pg-boss';
import type { Db, Queryable } from '../db/db.js';
import type { Events } from '../events.js';
import type { JobData, JobHandlers, JobName, Jobs } from './jobs.js';

const NAMES: readonly JobName[] = ['verification-mail', 'notice-mail', 'sign-in-mail'];
const RETRY = { retryLimit: 12, retryDelay: 5, retryBackoff: true };
/** Seconds after which a job whose worker died is given to another; longer than a slow mail server takes. */
const ABANDONED_AFTER = 300;
/** Seconds between looks for such jobs. */
const LOOK_EVERY = 30;
const BATCH = 20;

export interface JobQueue extends Jobs {
  /** Prepares the queue's tables; with `work`, also runs jobs as they come. */
  start(options: { work: boolean }): Promise<void>;
  /** Runs what is due now and returns how many jobs ran. For tests and for a clean stop. */
  drain(): Promise<number>;
  stop(): Promise<void>;
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
      monitorStateIntervalSeconds: LOOK_EVERY,
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

  async function run<Name extends JobName>(name: Name, data: JobData[Name]): Promise<void> {
    try {
      await handlers()[name](data);
      events.jobDone(name);
    } catch (error) {
      events.jobFailed(name, error);
      throw error;
    }
  }

  async function drainOne(name: JobName): Promise<number> {
    const jobs = await boss.fetch<JobData[typeof name]>(name, { batchSize: BATCH });
    for (const job of jobs) {
      try {
        await run(name, job.data);
        await boss.complete(name, job.id);
      } catch (error) {
        await boss.fail(name, job.id, { message: error instanceof Error ? error.message : String(error) });
      }
    }
    return jobs.length;
  }

  return {
    async start({ work }) {
      await startBoss();
      for (const name of NAMES) await boss.createQueue(name, { name, ...RETRY });
      if (!work) return;
      if (db.engine === 'pglite') await reviveJobs(db);
      for (const name of NAMES) {
        await boss.work<JobData[typeof name]>(
          name,
          { pollingIntervalSeconds: 0.5, batchSize: 1 },
          async ([job]) => {
            if (job) await run(name, job.data);
          },
        );
      }
    },
    async enqueue(tx, name, data) {
      await boss.send(name, data, { db: bossDatabase(tx), ...RETRY });
    },
    async drain() {
      let total = 0;
      for (;;) {
        let round = 0;
        for (const name of NAMES) round += await drainOne(name);
        if (round === 0) return total;
        total += round;
      }
    },
    async stop() {
      await boss.stop({ graceful: true, close: false, timeout: 10_000 });
    },
  };
}
