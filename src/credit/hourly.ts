import type { Deps } from '../deps.js';

/** Milliseconds between two looks. A run that failed is made up for by the next. */
const EVERY = 3_600_000;

/** Does `work` at the start and from then on every hour, one run at a time. @param job its name in logs and metrics */
export function createHourly(deps: Pick<Deps, 'events'>, job: string, work: () => Promise<unknown>) {
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function run(): Promise<void> {
    try {
      await work();
      deps.events.jobDone(job);
    } catch (error) {
      deps.events.jobFailed(job, error);
    }
  }

  function look(): void {
    running ??= run().finally(() => {
      running = undefined;
    });
  }

  return {
    start(): void {
      look();
      timer = setInterval(look, EVERY);
      timer.unref();
    },
    /** Makes no further run; resolves when the one under way has ended. */
    async stop(): Promise<void> {
      clearInterval(timer);
      await running;
    },
  };
}
