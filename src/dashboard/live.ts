import { type Response, Router } from 'express';
import type { Timer } from '../click/batch.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import type { LiveEvent } from '../live.js';
import { pageFaults } from '../web/page-fault.js';
import {
  COMPANY_ROLES,
  companyIdOf,
  isStanding,
  nameOf,
  requireSession,
  type Session,
  session,
} from '../web/session.js';

/** Milliseconds between two messages of one stream; what happens meanwhile is summed up. */
const REST = 1_000;
/** Milliseconds between two signs of life: proxies drop what is silent for a minute. */
const HEARTBEAT = 25_000;
/** Streams of one session: a browser has six connections to a host (HTTP/1.1), and the pages need some. */
const A_SESSION = 3;
/** Streams of this process. */
const AT_ONCE = 2_000;
/** Milliseconds that a browser waits before it connects again. */
const RECONNECT = 3_000;

type Sum = { clicks: Record<string, number>; registrations: number };
type Stream = Readonly<{ hear(event: LiveEvent): void; end(): void }>;

function addTo(sum: Sum, event: LiveEvent): void {
  if (event.kind === 'registrations') sum.registrations += 1;
  if (event.kind !== 'clicks') return;
  for (const [name, count] of Object.entries(event.counts))
    sum.clicks[name] = (sum.clicks[name] ?? 0) + count;
}

/** What intermediaries must not store, nor hold back until there is more of it (nginx: X-Accel-Buffering). */
function begin(response: Response): void {
  response.set({
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'private, no-store, no-transform',
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  response.write(`retry: ${RECONNECT}\n\n`);
}

/**
 * One open page. Sends `changed` with what was counted since the last one, and `end` when there will be no more:
 * whoever was sent that does not come back by itself.
 */
function createStream(
  response: Response,
  timer: Timer,
  stands: () => Promise<boolean>,
  ended: () => void,
): Stream {
  let sum: Sum | undefined;
  let resting = false;
  let over = false;
  let cancelRest = () => {};
  let cancelBeat = () => {};

  function tell(): void {
    // Who reads slowly is told less: he reads the truth from the page, not from the sum.
    if (!sum || response.writableNeedDrain) return;
    response.write(`event: changed\ndata: ${JSON.stringify(sum)}\n\n`);
    sum = undefined;
    resting = true;
    cancelRest = timer(REST, () => {
      resting = false;
      tell();
    });
  }

  function beat(): void {
    cancelBeat = timer(HEARTBEAT, () => {
      stands().then(
        (stand) => {
          if (over) return;
          if (!stand) return end();
          response.write(':\n\n');
          tell();
          beat();
        },
        // The database is away: that ends nobody's session.
        () => void (over || beat()),
      );
    });
  }

  function stop(): void {
    if (over) return;
    over = true;
    cancelRest();
    cancelBeat();
    ended();
  }

  function end(): void {
    if (over) return;
    stop();
    response.end('event: end\ndata: {}\n\n');
  }

  begin(response);
  response.on('close', stop);
  beat();
  return {
    hear(event) {
      sum ??= { clicks: {}, registrations: 0 };
      addTo(sum, event);
      if (!resting) tell();
    },
    end,
  };
}

/** Server-sent events for the pages that are open (WHATWG HTML, "Server-sent events"): that figures have moved. */
export function createLiveStreams(deps: Deps, timer: Timer) {
  const bySession = new Map<string, Stream[]>();
  let open = 0;
  let closed = false;

  function follow(who: Session, response: Response): void {
    const name = nameOf(who);
    const companyId = companyIdOf(who);
    const ofSession = bySession.get(name) ?? [];
    // The newest page is the one that is looked at.
    if (ofSession.length >= A_SESSION) ofSession[0]!.end();
    const leave = deps.live.subscribe(companyId, (event) => {
      if (event.kind !== 'session_ended') stream.hear(event);
      else if (event.session === name) stream.end();
    });
    const stream = createStream(
      response,
      timer,
      () => isStanding(deps, who),
      () => {
        leave();
        open -= 1;
        const left = (bySession.get(name) ?? []).filter((one) => one !== stream);
        if (left.length > 0) bySession.set(name, left);
        else bySession.delete(name);
      },
    );
    open += 1;
    bySession.set(name, [...(bySession.get(name) ?? []), stream]);
  }

  const router = Router();
  router.get('/dashboard/live', requireSession(deps, ...COMPANY_ROLES), (request, response) => {
    if (request.method === 'HEAD') return void response.end();
    if (closed || open >= AT_ONCE)
      throw new AppError('unavailable', 'no more pages can be kept up to date now');
    follow(session(response), response);
  });
  return {
    router: router.use(pageFaults),
    /** Ends every stream: the server waits for requests that run. */
    close(): void {
      closed = true;
      for (const stream of [...bySession.values()].flat()) stream.end();
    },
  };
}
