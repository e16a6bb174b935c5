import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { recordAudit } from '../company/audit.js';
import type { Deps } from '../deps.js';
import { listAmbiguous } from '../relay/deliveries.js';
import { personActing } from '../web/actor.js';
import { pageFaults } from '../web/page-fault.js';
import { requireSession, session } from '../web/session.js';
import { countJobs, listFailedJobs, retryJob, workUnderWay } from './console-queries.js';
import { consoleWordsOf } from './console-words.js';
import { operatorPlaces } from './operator.js';
import { viewOf } from './pages.js';
import { framedPage } from './views/frame.js';
import { System } from './views/operator-system.js';

const HERE = '/operator/system';
/** The agency is in Japan. */
const TIME_ZONE = 'Asia/Tokyo';
const LISTED = 50;
/** Days of deliveries in doubt: a server's log reaches back as far. */
const RECENT = 30 * 86_400_000;

async function showSystem(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const { db, config } = deps;
  const since = new Date(deps.clock().getTime() - RECENT);
  const [jobs, failed, ambiguous, work] = await Promise.all([
    countJobs(db),
    listFailedJobs(db, LISTED),
    listAmbiguous(db, { since, limit: LISTED }),
    workUnderWay(db),
  ]);
  const w = consoleWordsOf(who.locale).jobs;
  const facts = {
    engine: db.engine,
    redis: config.redisUrls.length > 0,
    roles: config.roles.join(', '),
    upstream: config.upstream.kind === 'smtp' ? `${config.upstream.host}:${config.upstream.port}` : null,
  };
  const said =
    request.query.said === 'retried' || request.query.said === 'gone' ? request.query.said : undefined;
  response.send(
    framedPage({
      who,
      title: w.title,
      here: HERE,
      places: operatorPlaces(deps, who),
      children: (
        <System
          w={w}
          who={who}
          view={viewOf(deps, who, TIME_ZONE)}
          state={{ facts, jobs, failed, ambiguous, work, said }}
        />
      ),
    }),
  );
}

/** How the service stands: jobs and their failures, deliveries in doubt. */
export function operatorSystemPages(deps: Deps): Router {
  const gate = requireSession(deps, 'operator');
  const router = Router();
  router.get(HERE, gate, (request, response) => showSystem(deps, request, response));
  router.post(`${HERE}/retry`, gate, async (request, response) => {
    const actor = personActing(session(response));
    const id = z.object({ job: z.uuid() }).safeParse(request.body).data?.job;
    const name =
      id &&
      (await deps.db.transaction(async (tx) => {
        const retried = await retryJob(tx, id);
        if (retried) {
          const done = { action: 'job.retried', subject: id, details: { name: retried } } as const;
          await recordAudit(deps, tx, { companyId: null, actor, ...done });
        }
        return retried;
      }));
    response.redirect(303, `${HERE}?said=${name ? 'retried' : 'gone'}`);
  });
  return router.use(pageFaults);
}
