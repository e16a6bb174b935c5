import type { Registry } from 'prom-client';
import { createTiming } from './timings.js';
import type { Traces } from './traces.js';

/** Moments of one message, in monotonic milliseconds. */
export type MessageMoments = Readonly<{
  /** The last byte of the content was here. */
  received: number;
  /** Judged and planned, its row written: ready to be handed over. */
  prepared: number;
  /** Upstream has answered. */
  answered: number;
  /** The journal says so, or nobody waits for that any longer. */
  journalled: number;
}>;

/**
 * How long things took. Each is one call at the end of what it times: nothing is measured that would not be known anyway,
 * and where no traces are wanted nothing is made of it but an addition.
 */
export function timedEvents(registry: Registry, traces: Traces | undefined) {
  const mail = createTiming(registry, 'mail', 'A mail from its last byte to the answer, by phase', [
    'prepare',
    'upstream',
    'journal',
    'whole',
  ]);
  const redirect = createTiming(registry, 'redirect', 'A click from its request to its redirect', [
    'recorded',
    'fallback',
  ]);
  const store = createTiming(
    registry,
    'store',
    'A statement or a transaction, waiting for a connection with it',
    ['query', 'transaction'],
  );
  const request = createTiming(registry, 'request', 'An HTTP request behind the redirector', ['page', 'api']);
  const job = createTiming(registry, 'job', 'A job from its start to its end', ['done', 'failed']);

  return {
    messageTimed(message: string, moments: MessageMoments, outcome: string) {
      const { received, prepared, answered, journalled } = moments;
      mail('prepare', (prepared - received) / 1_000);
      mail('upstream', (answered - prepared) / 1_000);
      mail('journal', (journalled - answered) / 1_000);
      mail('whole', (journalled - received) / 1_000);
      traces?.message(message, moments, outcome);
    },
    /** @param click its id. @param from, to Unix milliseconds */
    clickTimed(how: 'recorded' | 'fallback', click: string, from: number, to: number) {
      redirect(how, (to - from) / 1_000);
      traces?.click(click, how, from, to);
    },
    storeTimed(kind: 'query' | 'transaction', milliseconds: number) {
      store(kind, milliseconds / 1_000);
    },
    requestTimed(kind: 'page' | 'api', milliseconds: number) {
      request(kind, milliseconds / 1_000);
    },
    jobTimed(id: string, name: string, result: 'done' | 'failed', milliseconds: number) {
      job(result, milliseconds / 1_000);
      traces?.job(id, name, result, milliseconds);
    },
  };
}
