import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { type Company, findCompany } from '../company/store.js';
import {
  approveAdjustment,
  type DecisionOutcome,
  proposeAdjustment,
  rejectAdjustment,
} from '../credit/adjustment.js';
import { adjustmentBody } from '../credit/adjustment-api.js';
import { listAdjustments, lockAdjustment } from '../credit/adjustment-store.js';
import { cancellationBody, redemptionBody } from '../credit/api.js';
import { listExclusions } from '../credit/exclusion.js';
import { balances } from '../credit/ledger.js';
import { rulesInForce } from '../credit/program.js';
import { rulesBody } from '../credit/program-api.js';
import { changeRules, rulesHistory } from '../credit/program-change.js';
import { cancelRedemption, type RedemptionOutcome, redeem } from '../credit/redemption.js';
import { MONTH, statementOf } from '../credit/statement.js';
import { listRedemptions } from '../credit/store.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { pageFaults } from '../web/page-fault.js';
import { requireSession, session } from '../web/session.js';
import { newestEntries } from './credit-queries.js';
import { SAID, type Said } from './credit-words.js';
import { addDays, dayOf } from './days.js';
import { operatorPlaces } from './operator.js';
import { viewOf } from './pages.js';
import { settingsSaid } from './settings-words.js';
import type { CompanyDesk } from './views/company-desk.js';
import { operatorCompanyPage } from './views/operator-company.js';
import { statementPage } from './views/statement.js';

const LISTED = 50;
const MONTHS = 6;

const whole = z.coerce.number().pipe(z.int());
const redemptionForm = z.object({
  reference: redemptionBody.shape.reference,
  quantity: whole.pipe(redemptionBody.shape.quantity),
});
const cancellationForm = z.object({ reference: z.string(), reason: cancellationBody.shape.reason });
const proposalForm = z.object({
  id: z.uuid(),
  referrals: whole,
  progress: whole,
  credits: whole,
  reason: z.string(),
});
const decisionForm = z.object({ adjustment: z.uuid(), decision: z.enum(['approved', 'rejected']) });
const rulesForm = z.object({
  threshold: whole,
  countEvent: z.string(),
  creditExpiresAfterDays: z.union([z.literal('').transform(() => null), whole]),
});

async function companyOf(deps: Deps, id: unknown): Promise<Company> {
  const found = z.uuid().safeParse(id).success ? await findCompany(deps.db, String(id)) : undefined;
  if (!found) throw new AppError('not_found', 'no such company');
  return found;
}

/** The last months, the one of today first, in the company's time zone. */
function lastMonths(now: Date, timeZone: string): string[] {
  const months: string[] = [];
  for (let day = dayOf(now, timeZone); months.length < MONTHS; day = addDays(`${day.slice(0, 7)}-01`, -1)) {
    months.push(day.slice(0, 7));
  }
  return months;
}

async function deskOf(deps: Deps, company: Company, said: unknown): Promise<CompanyDesk> {
  const { db } = deps;
  const now = deps.clock();
  const [sums, rules, history, redemptions, adjustments, entries, exclusions] = await Promise.all([
    balances(db, company.id),
    rulesInForce(db, company.id, now),
    rulesHistory(db, company.id),
    listRedemptions(db, company.id, LISTED),
    listAdjustments(db, company.id, LISTED),
    newestEntries(db, company.id, Number.MAX_SAFE_INTEGER, LISTED),
    listExclusions(db, company.id),
  ]);
  const known = SAID.find((one) => one === said);
  const months = lastMonths(now, company.timeZone);
  const nextAdjustment = deps.newId();
  return {
    company,
    sums,
    rules,
    history,
    redemptions,
    adjustments,
    entries,
    exclusions,
    months,
    said: known,
    settingsSaid: settingsSaid(said),
    nextAdjustment,
  };
}

function saidOfRedemption({ kind }: RedemptionOutcome): Said {
  return kind === 'cancelled' ? 'used' : kind;
}

function saidOfDecision({ kind }: DecisionOutcome, decision: 'approved' | 'rejected'): Said {
  return kind === 'done' || kind === 'repeated' ? decision : kind;
}

type Work = (company: Company, actor: string, body: unknown) => Promise<Said>;

/** What an operator's forms do. What they say is shown on the page that follows; nothing is posted unless it is good. */
function works(deps: Deps): Readonly<Record<string, Work>> {
  const at = () => deps.clock();
  return {
    async redemptions({ id: companyId }, actor, body) {
      const { reference, quantity } = redemptionForm.parse(body);
      return saidOfRedemption(
        await deps.db.transaction((tx) =>
          redeem(deps, tx, { companyId, reference, quantity, actor, at: at() }),
        ),
      );
    },
    async cancellations({ id: companyId }, actor, body) {
      const { reference, reason } = cancellationForm.parse(body);
      const outcome = await deps.db.transaction((tx) =>
        cancelRedemption(deps, tx, { companyId, reference, reason, actor, at: at() }),
      );
      return outcome.kind === 'not_redeemed' ? 'unknown' : outcome.kind;
    },
    async adjustments({ id: companyId }, actor, body) {
      const { id, ...asked } = proposalForm.parse(body);
      const deltas = adjustmentBody.parse(asked);
      await deps.db.transaction((tx) => proposeAdjustment(tx, { ...deltas, id, companyId, actor, at: at() }));
      return 'proposed';
    },
    async decisions(company, actor, body) {
      const { adjustment: id, decision } = decisionForm.parse(body);
      const by = { id, actor, at: at() };
      return deps.db.transaction(async (tx) => {
        const asked = await lockAdjustment(tx, id);
        if (asked?.companyId !== company.id) return 'unknown';
        const decided =
          decision === 'approved' ? await approveAdjustment(deps, tx, by) : await rejectAdjustment(tx, by);
        return saidOfDecision(decided, decision);
      });
    },
    async rules({ id: companyId }, actor, body) {
      const wanted = rulesBody.parse(rulesForm.parse(body));
      const changed = await deps.db.transaction((tx) =>
        changeRules(deps, tx, { ...wanted, companyId, actor }),
      );
      return changed.kind === 'past' ? 'past' : 'rules_changed';
    },
  };
}

async function said(work: Promise<Said>): Promise<Said> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof z.ZodError) return 'invalid';
    if (error instanceof AppError && error.code === 'invalid_input') return 'invalid';
    throw error;
  }
}

/** One company as an operator sees it: credits, redemptions, adjustments, rules, statements. */
export function operatorCreditPages(deps: Deps): Router {
  const gate = requireSession(deps, 'operator');
  const router = Router();

  router.get('/operator/companies/:id', gate, async (request, response) => {
    const who = session(response);
    const company = await companyOf(deps, request.params.id);
    const desk = await deskOf(deps, company, request.query.said);
    const view = viewOf(deps, who, company.timeZone);
    response.send(operatorCompanyPage(who, operatorPlaces(deps, who), view, desk));
  });

  router.get('/operator/companies/:id/statements/:month', gate, async (request, response) => {
    const who = session(response);
    const company = await companyOf(deps, request.params.id);
    const month = String(request.params.month);
    if (!MONTH.test(month)) throw new AppError('not_found', 'no such month');
    const statement = await statementOf(deps.db, company, month);
    const view = viewOf(deps, who, company.timeZone);
    response.send(statementPage(who, operatorPlaces(deps, who), view, company, statement));
  });

  for (const [path, work] of Object.entries(works(deps))) {
    router.post(`/operator/companies/:id/${path}`, gate, async (request: Request, response: Response) => {
      const company = await companyOf(deps, request.params.id);
      const answer = await said(work(company, session(response).member.id, request.body));
      response.redirect(303, `/operator/companies/${company.id}?said=${answer}`);
    });
  }
  return router.use(pageFaults);
}
