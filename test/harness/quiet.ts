import pino from 'pino';
import { Registry } from 'prom-client';
import { createEvents, type Events } from '../../src/events.js';

/** Events that are counted but not printed. */
export function quietEvents(): Events {
  return createEvents(pino({ level: 'silent' }), new Registry());
}
