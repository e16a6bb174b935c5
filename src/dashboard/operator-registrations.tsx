import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { because, chainOf } from '../registration/explain.js';
import { listParked } from '../registration/parked-store.js';
import { findByExternalId } from '../registration/store.js';
import { pageFaults } from '../web/page-fault.js';
import { requireSession, session } from '../web/session.js';
import { searchRegistrations } from './console-queries.js';
import { consoleWordsOf } from './console-words.js';
import { operatorPlaces } from './operator.js';
import { viewOf } from './pages.js';
import { framedPage } from './views/frame.js';
import { Chain, Registrations } from './views/operator-registrations.js';

const HERE = '/operator/registrations';
/** The agency is in Japan. */
const TIME_ZONE = 'Asia/Tokyo';
const LISTED = 100;

const searchQuery = z.object({
  q: z.string().trim().max(200).catch(''),
  status: z
    .enum(['pending', 'verified', 'accepted', 'rejected', 'withdrawn', 'reversed'])
    .nullable()
    .catch(null),
});

async function showList(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const { q: text, status } = searchQuery.parse({ ...request.query });
  const [lines, parked] = await Promise.all([
    searchRegistrations(deps.reads, { text, status, limit: LISTED }),
    listParked(deps.reads, LISTED),
  ]);
  const w = consoleWordsOf(who.locale).registrations;
  response.send(
    framedPage({
      who,
      title: w.title,
      here: HERE,
      places: operatorPlaces(deps, who),
      children: (
        <Registrations w={w} view={viewOf(deps, who, TIME_ZONE)} list={{ text, status, lines, parked }} />
      ),
    }),
  );
}

async function showChain(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const found = await findByExternalId(deps.db, String(request.params.externalId));
  if (!found) throw new AppError('not_found', 'no such registration');
  const w = consoleWordsOf(who.locale).registrations;
  const told = {
    registration: found,
    because: because(found.attribution),
    chain: await chainOf(deps.db, found),
  };
  response.send(
    framedPage({
      who,
      title: found.externalId,
      here: HERE,
      places: operatorPlaces(deps, who),
      children: <Chain w={w} view={viewOf(deps, who, TIME_ZONE)} told={told} />,
    }),
  );
}

/** Registrations with what led to them, and reports that wait. */
export function operatorRegistrationPages(deps: Deps): Router {
  const gate = requireSession(deps, 'operator');
  const router = Router();
  router.get(HERE, gate, (request, response) => showList(deps, request, response));
  router.get(`${HERE}/:externalId`, gate, (request, response) => showChain(deps, request, response));
  return router.use(pageFaults);
}
