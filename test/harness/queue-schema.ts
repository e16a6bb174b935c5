import type { Db } from '../../src/db/db.js';
import { createJobQueue } from '../../src/jobs/queue.js';
import { quietEvents } from './quiet.js';

/** Makes the job queue's tables part of the prepared databases: making them takes longer than a test. */
export async function prepareQueue(db: Db): Promise<void> {
  const queue = createJobQueue(db, quietEvents(), () => {
    throw new Error('no job runs here');
  });
  await queue.start({ work: false });
  await queue.stop();
}
