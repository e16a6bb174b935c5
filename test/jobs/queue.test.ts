import type { Db } from '../../src/db/db.js';
import type { JobData, JobHandlers } from '../../src/jobs/jobs.js';
import { createJobQueue, type JobQueue } from '../../src/jobs/queue.js';
import { describeEachDatabase, openTestDatabase } from '../harness/database.js';
import { quietEvents } from '../harness/quiet.js';

describeEachDatabase('job queue', (engine) => {
  let db: Db;
  let queue: JobQueue;
  let ran: string[];
  let faults: Error[];

  function newQueue(): JobQueue {
    return createJobQueue(db, quietEvents(), () => ({
      'verification-mail': async () => {},
      'sign-in-mail': async () => {},
      'my-data-mail': async () => {},
      'invitation-mail': async () => {},
      'notice-mail': async ({ noticeId }: JobData['notice-mail']) => {
        const fault = faults.pop();
        if (fault) throw fault;
        ran.push(noticeId);
      },
    }));
  }

  beforeAll(async () => {
    ({ db } = await openTestDatabase(engine));
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    ran = [];
    faults = [];
    queue = newQueue();
    await queue.start({ work: false });
  });
  afterEach(async () => {
    await queue.stop();
    await db.query('DELETE FROM pgboss.job');
  });

  test('a job of a transaction that commits runs once', async () => {
    await db.transaction((tx) => queue.enqueue(tx, 'notice-mail', { noticeId: 'one' }));
    expect(await queue.drain()).toBe(1);
    expect(await queue.drain()).toBe(0);
    expect(ran).toEqual(['one']);
  });

  test('a job of a transaction that rolls back does not run', async () => {
    const work = db.transaction(async (tx) => {
      await queue.enqueue(tx, 'notice-mail', { noticeId: 'never' });
      throw new Error('rolled back');
    });
    await expect(work).rejects.toThrow('rolled back');
    expect(await queue.drain()).toBe(0);
  });

  test('a job that fails waits, and runs again', async () => {
    faults.push(new Error('upstream is away'));
    await db.transaction((tx) => queue.enqueue(tx, 'notice-mail', { noticeId: 'again' }));
    await queue.drain();
    expect(ran).toEqual([]);
    const [row] = await db.query(
      "SELECT state, start_after > now() AS later FROM pgboss.job WHERE name = 'notice-mail'",
    );
    expect(row).toEqual({ state: 'retry', later: true });
    await db.query('UPDATE pgboss.job SET start_after = now()');
    await queue.drain();
    expect(ran).toEqual(['again']);
  });

  test('two workers share the jobs, each runs once', async () => {
    const other = newQueue();
    await other.start({ work: false });
    const ids = Array.from({ length: 50 }, (_, index) => `job-${index}`);
    for (const noticeId of ids) await db.transaction((tx) => queue.enqueue(tx, 'notice-mail', { noticeId }));
    await Promise.all([queue.drain(), other.drain()]);
    expect(ran.sort()).toEqual(ids.sort());
    await other.stop();
  });

  test('what has not ended when the process must stop is handed back', async () => {
    let begun = () => {};
    const underWay = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const slow = createJobQueue(db, quietEvents(), () => ({
      ...({} as JobHandlers),
      'notice-mail': () => {
        begun();
        return new Promise<void>(() => {});
      },
    }));
    await slow.start({ work: true });
    await db.transaction((tx) => queue.enqueue(tx, 'notice-mail', { noticeId: 'handed back' }));
    await underWay;
    await slow.stop(10);
    await queue.drain();
    expect(ran).toEqual(['handed back']);
  });

  if (engine === 'pglite') {
    test('what a killed process was doing is done by the next', async () => {
      await db.transaction((tx) => queue.enqueue(tx, 'notice-mail', { noticeId: 'left' }));
      await db.query("UPDATE pgboss.job SET state = 'active', started_on = now() WHERE name = 'notice-mail'");
      expect(await queue.drain()).toBe(0);
      const next = newQueue();
      await next.start({ work: true });
      await next.drain();
      await next.stop();
      expect(ran).toEqual(['left']);
    });
  }
});
