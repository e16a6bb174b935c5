import { Agent, get } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two looks at how many visitors are due. */
const STEP = 10;

/** What visitors met. `away` and `dying` are set by whoever takes things away. */
export type Tally = {
  ids: Set<string>;
  errors: number;
  inexact: number;
  /** Milliseconds from the request to the end of the answer: while something is away, and while all is there. */
  milliseconds: { away: number[]; there: number[] };
  away: boolean;
  /** The server is being killed: whose answer that cuts off is no error. */
  dying: boolean;
};

export function newTally(): Tally {
  return {
    ids: new Set(),
    errors: 0,
    inexact: 0,
    milliseconds: { away: [], there: [] },
    away: false,
    dying: false,
  };
}

/** Follows one link, whose company's own destination shows whether redirects stay exact. */
function follow(agent: Agent, port: number, code: string, tally: Tally, done: () => void): void {
  const began = performance.now();
  const taken = tally.away ? tally.milliseconds.away : tally.milliseconds.there;
  const fail = () => {
    if (!tally.dying) tally.errors += 1;
    done();
  };
  const request = get({ agent, port, host: '127.0.0.1', path: `/r/${code}` }, (response) => {
    response.resume().on('end', () => {
      taken.push(performance.now() - began);
      const { location = '' } = response.headers;
      const exact = location.startsWith(`https://own.example/${code}/`);
      if (!exact && location.includes(`/join/${code}?click=`)) tally.inexact += 1;
      const id = /(?:\/|=)([0-9a-f-]{36})$/.exec(location)?.[1];
      if (response.statusCode !== 302 || !id || tally.ids.has(id)) return fail();
      tally.ids.add(id);
      done();
    });
  });
  request.on('error', () => {
    // The server had closed the idle connection: browsers ask again on another (RFC 9110 §9.2.2), and so do these.
    if (request.reusedSocket && !tally.dying) follow(agent, port, code, tally, done);
    else fail();
  });
}

/**
 * Visitors come at an even rate, whether those before them were answered or not: a slow answer makes nobody wait to ask.
 * @param rate visitors a second
 * @returns how late this process itself was, in milliseconds, at its slowest hundredth
 */
export async function load(
  port: number,
  codes: readonly string[],
  rate: number,
  tally: Tally,
  ended: () => boolean,
): Promise<{ lag: number }> {
  const agent = new Agent({ keepAlive: true });
  const lags = monitorEventLoopDelay({ resolution: STEP });
  lags.enable();
  const began = performance.now();
  let underWay = 0;
  const done = () => {
    underWay -= 1;
  };
  for (let sent = 0; !ended(); await delay(STEP)) {
    const due = Math.floor(((performance.now() - began) / 1_000) * rate);
    // After a pause of this process the visitors that are due do not come all at once: that would be its own doing.
    if (due - sent > rate) sent = due - rate;
    for (; sent < due; sent += 1) {
      underWay += 1;
      follow(agent, port, codes[sent % codes.length]!, tally, done);
    }
  }
  while (underWay > 0) await delay(STEP);
  lags.disable();
  agent.destroy();
  return { lag: Math.max(0, Math.round(lags.percentile(99) / 1e6) - STEP) };
}

/** The slowest hundredth, in whole milliseconds. */
export function p99Of(milliseconds: readonly number[]): number {
  const sorted = [...milliseconds].sort((left, right) => left - right);
  return Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
}
