import { openPostgres } from '../../src/db/db.js';
import { migrate } from '../../src/db/migrate.js';
import { createJobQueue } from '../../src/jobs/queue.js';
import { openTestDatabase } from '../harness/database.js';
import { quietEvents } from '../harness/quiet.js';

(process.env.TEST_DATABASE_URL ? test : test.skip)(
  'processes that start together on a fresh database do not get in each other’s way',
  async () => {
    const { db, url } = await openTestDatabase('postgres');
    await db.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS pgboss CASCADE');
    const processes = Array.from({ length: 4 }, () => {
      const own = openPostgres(url!, 4);
      return { own, queue: createJobQueue(own, quietEvents(), () => ({}) as never) };
    });
    const started = await Promise.allSettled(
      processes.map(async ({ own, queue }) => {
        await migrate(own);
        await queue.start({ work: false });
      }),
    );
    expect(started).toEqual(Array(processes.length).fill({ status: 'fulfilled', value: undefined }));
    for (const { own, queue } of processes) {
      await queue.stop();
      await own.close();
    }
    await db.close();
  },
);
