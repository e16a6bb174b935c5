import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { checkLinkHost, type NameLookup, systemLookup } from '../company/link-host.js';
import { companyChangesSchema } from '../company/schemas.js';
import { changeCompany } from '../company/settings.js';
import { type CompanyChanges, NOTICE_KINDS } from '../company/store.js';
import { listExclusions } from '../credit/exclusion.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { personActing } from '../web/actor.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, companyIdOf, requireSession, type Session, session } from '../web/session.js';
import { addExclusion, endExclusion } from './exclusion-desk.js';
import { companyOf, viewOf } from './pages.js';
import { placesOf } from './places.js';
import { type SettingsSaid, settingsSaid } from './settings-words.js';
import { settingsPage } from './views/settings.js';

const HERE = '/dashboard/settings';

const generalForm = companyChangesSchema
  .pick({ name: true, policy: true, locale: true, timeZone: true })
  .required();
/** An empty field takes the host away. */
const linkHostForm = z
  .object({ linkHost: z.string().trim() })
  .transform(({ linkHost }) => ({ linkHost: linkHost || null }))
  .pipe(companyChangesSchema.pick({ linkHost: true }).required());

async function show(deps: Deps, lookup: NameLookup, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const target = new URL(deps.config.linkBaseUrl).hostname;
  const isChecking = request.query.check !== undefined && company.linkHost !== null;
  const [exclusions, linkHostState] = await Promise.all([
    listExclusions(deps.db, company.id),
    isChecking ? checkLinkHost(company.linkHost!, target, lookup) : undefined,
  ]);
  const mayChange = who.member.role === 'admin';
  const said = settingsSaid(request.query.said);
  const settings = { company, exclusions, mayChange, said, target, linkHostState };
  response.send(settingsPage(who, placesOf(who), viewOf(deps, who, company.timeZone), settings));
}

/** What a form wants to change; undefined: what it holds cannot be. */
async function keep(deps: Deps, who: Session, wanted: CompanyChanges | undefined): Promise<SettingsSaid> {
  if (!wanted) return 'invalid';
  try {
    await changeCompany(deps, personActing(who), companyIdOf(who), wanted);
    return 'saved';
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return 'taken';
    throw error;
  }
}

/** The fields of a form that a schema knows; the token of the session is none of them. */
function fieldsOf(body: unknown, ...names: readonly string[]): Record<string, unknown> {
  const sent = (body ?? {}) as Record<string, unknown>;
  return Object.fromEntries(names.map((name) => [name, sent[name]]));
}

function chooseGeneral(deps: Deps, who: Session, body: unknown): Promise<SettingsSaid> {
  const fields = fieldsOf(body, 'name', 'policy', 'locale', 'timeZone');
  return keep(deps, who, generalForm.safeParse(fields).data);
}

function chooseLinkHost(deps: Deps, who: Session, body: unknown): Promise<SettingsSaid> {
  return keep(deps, who, linkHostForm.safeParse(fieldsOf(body, 'linkHost')).data);
}

/** What is ticked is wanted: boxes that are not come with no field at all. */
function chooseNotices(deps: Deps, who: Session, body: unknown): Promise<SettingsSaid> {
  const ticked = (body ?? {}) as Record<string, unknown>;
  return keep(deps, who, { noticesOff: NOTICE_KINDS.filter((kind) => ticked[kind] !== 'yes') });
}

/** A company's settings: everybody of it reads them, its administrators change them. */
export function settingsPages(deps: Deps, lookup: NameLookup = systemLookup()): Router {
  const router = Router();
  const change = (path: string, work: (who: Session, body: unknown) => Promise<SettingsSaid>) =>
    router.post(`${HERE}/${path}`, requireSession(deps, 'admin'), async (request, response) => {
      const said = await work(session(response), request.body);
      response.redirect(303, `${HERE}?said=${said}`);
    });
  const excluding = (who: Session) =>
    ({ companyId: companyIdOf(who), source: 'company', actor: who.member.id }) as const;

  router.get(HERE, requireSession(deps, ...COMPANY_ROLES), (request, response) =>
    show(deps, lookup, request, response),
  );
  change('general', (who, body) => chooseGeneral(deps, who, body));
  change('link-host', (who, body) => chooseLinkHost(deps, who, body));
  change('notices', (who, body) => chooseNotices(deps, who, body));
  change('exclusions', (who, body) => addExclusion(deps, excluding(who), body));
  change('exclusions/end', (who, body) => endExclusion(deps, excluding(who), body));
  return router.use(pageFaults);
}
