import { balances } from '../credit/ledger.js';
import { rulesInForce } from '../credit/program.js';
import type { Queryable } from '../db/db.js';
import { type Bucket, type CountRow, countFigures, type Range } from '../figures/store.js';
import { addDays, dayOf } from './days.js';
import { sumReferralsSince } from './queries.js';

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
  return (await countFigures(db, companyId, range, by)).map(keyedFigures).sort(byKey);
}

function keyedFigures(row: CountRow): KeyedFigures {
  const { relayed, rejections, inserted, unsure, notices, minted } = row;
  const { human, suspected, scanner, bot, prefetch } = row;
  const { received, pending, counted, reversed } = row;
  return {
    key: row.key,
    notices: notices + minted,
    withLink: inserted + minted,
    mails: { relayed, rejections, inserted, unsure },
    clicks: { human, suspected, scanner, bot, prefetch },
    candidatesClicked: row.candidatesClicked,
    registrations: { received, pending, counted, reversed },
  };
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
