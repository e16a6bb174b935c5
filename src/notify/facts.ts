import type { Company } from '../company/store.js';
import { rulesInForce } from '../credit/program.js';
import { type Anchor, statementOf } from '../credit/statement.js';
import { addDays } from '../dashboard/days.js';
import { figuresOf } from '../dashboard/stats.js';
import type { Deps } from '../deps.js';
import { type EndingCredits, endingCredits, type Notice, sumsUpTo } from './store.js';

/** A month of one company in figures, and where its ledger stood. */
export type MonthFacts = Readonly<{
  kind: 'monthly_summary';
  /** `YYYY-MM`. */
  month: string;
  /** Rejection notices, and candidates who opened their link. */
  notices: number;
  candidatesClicked: number;
  /** Net of reversals. */
  referrals: number;
  earned: number;
  /** At the end of the month. */
  progress: number;
  threshold: number;
  available: number;
  anchor: Anchor | null;
}>;

/** What a notice says: counts alone, never a candidate. */
export type NoticeFacts =
  /** `remaining`: referrals to go until the next credit. */
  | Readonly<{ kind: 'nearly_there'; remaining: number; progress: number; threshold: number }>
  /** `available`: credits that can be redeemed now. */
  | Readonly<{ kind: 'credit_earned'; available: number; referrals: number }>
  | (Readonly<{ kind: 'credit_expiring' }> & EndingCredits)
  | MonthFacts;

type FactDeps = Pick<Deps, 'db' | 'clock'>;

/** @returns undefined when there is nothing left to tell: the credits were used before the mail went out */
export async function factsOf(
  deps: FactDeps,
  company: Company,
  notice: Notice,
): Promise<NoticeFacts | undefined> {
  switch (notice.kind) {
    case 'nearly_there': {
      const { progress } = await sumsUpTo(deps.db, company.id, notice.sequence);
      const { threshold } = await rulesInForce(deps.db, company.id, notice.createdAt);
      return { kind: 'nearly_there', remaining: threshold - progress, progress, threshold };
    }
    case 'credit_earned': {
      const { credits, referrals } = await sumsUpTo(deps.db, company.id, notice.sequence);
      return { kind: 'credit_earned', available: credits, referrals };
    }
    case 'credit_expiring': {
      const ending = await endingCredits(deps.db, notice.id, deps.clock());
      return ending && { kind: 'credit_expiring', ...ending };
    }
    case 'monthly_summary':
      return monthOf(deps, company, notice);
  }
}

/** Read when the mail is sent, of a month that is over: the same figures whenever that is. */
async function monthOf(deps: FactDeps, company: Company, { subject: month }: Notice): Promise<MonthFacts> {
  const statement = await statementOf(deps.db, company, month);
  const from = `${month}-01`;
  const to = addDays(`${addDays(from, 31).slice(0, 7)}-01`, -1);
  const figures = await figuresOf(deps.db, company.id, { from, to, timeZone: company.timeZone });
  const { threshold } = await rulesInForce(deps.db, company.id, new Date(statement.to.getTime() - 1));
  const earned = statement.totals.find((total) => total.kind === 'earned')?.entries ?? 0;
  return {
    kind: 'monthly_summary',
    month,
    notices: figures.notices,
    candidatesClicked: figures.candidatesClicked,
    referrals: statement.closing.referrals - statement.opening.referrals,
    earned,
    progress: statement.closing.progress,
    threshold,
    available: statement.closing.credits,
    anchor: statement.anchor,
  };
}
