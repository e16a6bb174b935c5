import type { Company } from '../company/store.js';
import type { Queryable } from '../db/db.js';
import { csvOf } from './csv.js';
import type { EntryKind } from './entry.js';

export type Balance = Readonly<{ referrals: number; progress: number; credits: number }>;

export type StatementEntry = Balance &
  Readonly<{
    sequence: number;
    at: Date;
    kind: EntryKind;
    about: number | null;
    actor: string;
    cause: string;
    /** Lower-case hex. */
    hash: string;
    /** After this entry. */
    balance: Balance;
  }>;

/** The last entry that a reader knows, by place and hash: who keeps it can tell later whether the chain was rewritten. */
export type Anchor = Readonly<{ sequence: number; hash: string }>;

/** One month of a company's ledger, in its time zone: what stood before, what was posted, what stands after. */
export type Statement = Readonly<{
  companyId: string;
  /** `YYYY-MM`. */
  month: string;
  timeZone: string;
  from: Date;
  /** The first moment of the next month. */
  to: Date;
  opening: Balance;
  entries: readonly StatementEntry[];
  closing: Balance;
  /** The last entry of this month or before, its hash in lower-case hex; null while there is none. */
  anchor: Anchor | null;
  /** Kinds in the order in which they first came. */
  totals: readonly (Balance & Readonly<{ kind: EntryKind; entries: number }>)[];
}>;

export const MONTH = /^(19|20|21)\d{2}-(0[1-9]|1[0-2])$/;

async function boundsOf(db: Queryable, month: string, timeZone: string): Promise<{ from: Date; to: Date }> {
  const [row] = await db.query<{ from: Date; to: Date }>(
    `SELECT $1::date::timestamp AT TIME ZONE $2 AS "from",
       ($1::date + interval '1 month')::timestamp AT TIME ZONE $2 AS "to"`,
    [`${month}-01`, timeZone],
  );
  return row!;
}

async function balanceBefore(db: Queryable, companyId: string, at: Date): Promise<Balance> {
  const [row] = await db.query<Balance>(
    `SELECT coalesce(sum(referrals), 0) AS referrals, coalesce(sum(progress), 0) AS progress,
       coalesce(sum(credits), 0) AS credits
     FROM ledger_entries WHERE company_id = $1 AND at < $2`,
    [companyId, at],
  );
  return row!;
}

async function anchorBefore(db: Queryable, companyId: string, at: Date): Promise<Anchor | null> {
  const [row] = await db.query<Anchor>(
    `SELECT sequence, encode(hash, 'hex') AS hash FROM ledger_entries
     WHERE company_id = $1 AND at < $2 ORDER BY sequence DESC LIMIT 1`,
    [companyId, at],
  );
  return row ?? null;
}

async function entriesBetween(
  db: Queryable,
  companyId: string,
  from: Date,
  to: Date,
): Promise<Omit<StatementEntry, 'balance'>[]> {
  return db.query(
    `SELECT sequence, at, kind, referrals, progress, credits, about, actor, cause,
       encode(hash, 'hex') AS hash
     FROM ledger_entries WHERE company_id = $1 AND at >= $2 AND at < $3 ORDER BY sequence`,
    [companyId, from, to],
  );
}

function plus(left: Balance, right: Balance): Balance {
  return {
    referrals: left.referrals + right.referrals,
    progress: left.progress + right.progress,
    credits: left.credits + right.credits,
  };
}

function totalsOf(entries: readonly StatementEntry[]): Statement['totals'] {
  const totals = new Map<EntryKind, Statement['totals'][number]>();
  for (const entry of entries) {
    const { kind } = entry;
    const before = totals.get(kind) ?? { kind, entries: 0, referrals: 0, progress: 0, credits: 0 };
    totals.set(kind, { ...plus(before, entry), kind, entries: before.entries + 1 });
  }
  return [...totals.values()];
}

/**
 * A month's statement. An entry belongs to the month that its time falls into.
 * @param month `YYYY-MM`, in the company's time zone
 */
export async function statementOf(
  db: Queryable,
  company: Pick<Company, 'id' | 'timeZone'>,
  month: string,
): Promise<Statement> {
  const { id: companyId, timeZone } = company;
  const { from, to } = await boundsOf(db, month, timeZone);
  const opening = await balanceBefore(db, companyId, from);
  let balance = opening;
  const entries = (await entriesBetween(db, companyId, from, to)).map((entry) => {
    balance = plus(balance, entry);
    return { ...entry, balance };
  });
  const totals = totalsOf(entries);
  const anchor = await anchorBefore(db, companyId, to);
  return { companyId, month, timeZone, from, to, opening, entries, closing: balance, anchor, totals };
}

/** The statement as a table: opening, entries, closing. The last column of the closing is the anchor's hash. */
export function statementCsv({ opening, entries, closing, anchor, from, to }: Statement): string {
  const balances = (balance: Balance) => [balance.referrals, balance.progress, balance.credits];
  return csvOf([
    [
      ...['sequence', 'at', 'kind', 'referrals', 'progress', 'credits', 'about', 'actor', 'cause'],
      ...['referrals_after', 'progress_after', 'credits_after', 'hash'],
    ],
    [null, from.toISOString(), 'opening', null, null, null, null, null, null, ...balances(opening), null],
    ...entries.map((entry) => [
      ...[entry.sequence, entry.at.toISOString(), entry.kind],
      ...balances(entry),
      ...[entry.about === null ? null : entry.about, entry.actor, entry.cause],
      ...balances(entry.balance),
      entry.hash,
    ]),
    [
      ...[anchor?.sequence ?? null, to.toISOString(), 'closing', null, null, null, null, null, null],
      ...balances(closing),
      anchor?.hash ?? null,
    ],
  ]);
}
