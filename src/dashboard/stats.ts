import { balances } from '../credit/ledger.js';
import { rulesInForce } from '../credit/program.js';
import type { Queryable } from '../db/db.js';
import { addDays, dayOf } from './days.js';
import {
  type Bucket,
  countClicks,
  countMails,
  countMinted,
  countRegistrations,
  type Range,
  sumReferralsSince,
} from './queries.js';

/** The figures of one group of a range. Rates follow from them by the formulas in `rates`. */
export type Figures = Readonly<{
  /** Rejection messages relayed plus links minted by API or import. */
  notices: number;
  /** Notices that carry a link. */
  withLink: number;
  mails: Readonly<{ relayed: number; rejections: number; inserted: number; unsure: number }>;
  clicks: Readonly<{ human: number; suspected: number; scanner: number; bot: number; prefetch: number }>;
  candidatesClicked: number;
  registrations: Readonly<{ received: number; pending: number; counted: number; reversed: number }>;
}>;

export type KeyedFigures = Figures & Readonly<{ key: string | null }>;

const NO_FIGURES: Figures = {
  notices: 0,
  withLink: 0,
  mails: { relayed: 0, rejections: 0, inserted: 0, unsure: 0 },
  clicks: { human: 0, suspected: 0, scanner: 0, bot: 0, prefetch: 0 },
  candidatesClicked: 0,
  registrations: { received: 0, pending: 0, counted: 0, reversed: 0 },
};

/**
 * Figures of one company in a range, one row a group that has any; keys in ascending order, the unlabelled last.
 * A click counts on the day it happened, a registration at each of its moments, a notice on the day it went out.
 */
export async function figuresBy(
  db: Queryable,
  companyId: string,
  range: Range,
  by: Bucket,
): Promise<KeyedFigures[]> {
  const [mails, minted, clicks, registrations] = await Promise.all([
    countMails(db, companyId, range, by),
    countMinted(db, companyId, range, by),
    countClicks(db, companyId, range, by),
    countRegistrations(db, companyId, range, by),
  ]);
  const groups = new Map<string | null, Figures>();
  const put = (key: string | null, change: (before: Figures) => Partial<Figures>): void => {
    const before = groups.get(key) ?? NO_FIGURES;
    groups.set(key, { ...before, ...change(before) });
  };
  for (const { key, notices, ...counts } of mails) {
    put(key, () => ({ notices, withLink: counts.inserted, mails: counts }));
  }
  for (const { key, minted: links } of minted) {
    put(key, (before) => ({ notices: before.notices + links, withLink: before.withLink + links }));
  }
  for (const { key, candidatesClicked, ...counts } of clicks)
    put(key, () => ({ candidatesClicked, clicks: counts }));
  for (const { key, ...counts } of registrations) put(key, () => ({ registrations: counts }));
  return [...groups].map(([key, figures]) => ({ key, ...figures })).sort(byKey);
}

function byKey(left: KeyedFigures, right: KeyedFigures): number {
  if (left.key === right.key) return 0;
  if (left.key === null) return 1;
  if (right.key === null) return -1;
  return left.key < right.key ? -1 : 1;
}

/** The figures of the whole range. */
export async function figuresOf(db: Queryable, companyId: string, range: Range): Promise<Figures> {
  const [row] = await figuresBy(db, companyId, range, 'all');
  if (!row) return NO_FIGURES;
  const { key: _, ...figures } = row;
  return figures;
}

/** The same figures where nothing happened, so that a plot has no holes. */
export function filled(rows: readonly KeyedFigures[], keys: readonly string[]): KeyedFigures[] {
  const known = new Map(rows.map((row) => [row.key, row]));
  return keys.map((key) => known.get(key) ?? { key, ...NO_FIGURES });
}

/** A part of a whole, 0 to 1; null where there is no whole to speak of. */
export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** How far a company is, from its ledger. These are standings: no range applies. */
export type Standing = Readonly<{
  referrals: Readonly<{ counted: number; threshold: number; towardsNext: number; remaining: number }>;
  credits: Readonly<{
    earned: number;
    redeemed: number;
    expired: number;
    revoked: number;
    available: number;
  }>;
}>;

export async function standingOf(db: Queryable, companyId: string, now: Date): Promise<Standing> {
  const [sums, { threshold }] = await Promise.all([
    balances(db, companyId),
    rulesInForce(db, companyId, now),
  ]);
  return {
    referrals: {
      counted: sums.referrals,
      threshold,
      towardsNext: sums.progress,
      remaining: threshold - sums.progress,
    },
    credits: {
      earned: sums.earned,
      redeemed: sums.redeemed,
      expired: sums.expired,
      revoked: sums.revoked,
      available: sums.credits,
    },
  };
}

const PACE_DAYS = 30;
/** Further away than this, a date says nothing. */
const HORIZON_DAYS = 365;

/**
 * The day on which the next credit comes if referrals go on as in the last 30 days: remaining ÷ (referrals ÷ 30),
 * in whole days, counted from today. Undefined without a pace, or further than a year away.
 */
export async function projectedDay(
  db: Queryable,
  companyId: string,
  remaining: number,
  now: Date,
  timeZone: string,
): Promise<string | undefined> {
  const since = new Date(now.getTime() - PACE_DAYS * 86_400_000);
  const recent = await sumReferralsSince(db, companyId, since);
  if (recent <= 0) return undefined;
  const days = Math.ceil((remaining * PACE_DAYS) / recent);
  return days > HORIZON_DAYS ? undefined : addDays(dayOf(now, timeZone), days);
}
