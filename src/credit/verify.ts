import type { Queryable } from '../db/db.js';
import { finish, follow, newTrail } from './audit.js';
import {
  auditedEntries,
  auditedRules,
  hashAt,
  type LedgerEnd,
  ledgerEnd,
  nextLedger,
} from './audit-store.js';
import type { AuditedEntry, AuditedRules, Break } from './audit-trail.js';
import type { Anchor } from './statement.js';

/** `breaks`: the first entry that does not hold of each company, in the order of the companies' ids. */
export type Verification = Readonly<{
  intact: boolean;
  companies: number;
  entries: number;
  breaks: readonly Break[];
}>;

const PAGE = 1_000;

/**
 * Recomputes ledgers from their first entry on: sequence, hash chain, every delta, which credits had to be earned and
 * revoked, and the sums of the head. Reads page by page in constant memory (but for the credits of one company that are open or redeemed).
 * Needs no lock and disturbs no posting: each head is read first, and what is posted later is left alone.
 * @param only the company to verify; without, all. `anchor`: an entry of that company with the hash that somebody kept of it
 *   outside (a statement, the monthly summary): what no chain that was rewritten whole can have
 */
export async function verifyLedger(
  db: Queryable,
  only: Readonly<{ companyId?: string; anchor?: Anchor }> = {},
): Promise<Verification> {
  const breaks: Break[] = [];
  let companies = 0;
  let entries = 0;
  for await (const end of ledgers(db, only.companyId)) {
    const verified = await verifyCompany(db, end);
    companies += 1;
    entries += verified.entries;
    if (verified.broken) breaks.push(verified.broken);
  }
  const moved =
    only.companyId !== undefined && only.anchor && (await anchorFault(db, only.companyId, only.anchor));
  if (moved && breaks.length === 0) breaks.push(moved);
  return { intact: breaks.length === 0, companies, entries, breaks };
}

/** An intact chain up to the anchor's entry, with the anchor's hash, is the chain that the anchor was taken of. */
async function anchorFault(db: Queryable, companyId: string, anchor: Anchor): Promise<Break | undefined> {
  const { sequence } = anchor;
  const hash = await hashAt(db, companyId, sequence);
  if (hash === anchor.hash.toLowerCase()) return undefined;
  const detail = hash ? `its hash is ${hash}, not the one that was kept` : 'the entry that was kept is gone';
  return { companyId, sequence, wrong: 'anchor', detail };
}

async function* ledgers(db: Queryable, companyId: string | undefined): AsyncGenerator<LedgerEnd> {
  if (companyId !== undefined) {
    const end = await ledgerEnd(db, companyId);
    if (end) yield end;
    return;
  }
  for (let end = await nextLedger(db, null); end; end = await nextLedger(db, end.companyId)) yield end;
}

/** Adds the rules that a page names to those that are known. */
async function learnRules(db: Queryable, known: Map<string, AuditedRules>, page: readonly AuditedEntry[]) {
  const named = new Set(page.map((entry) => entry.ruleId));
  const unknown = [...named].filter((id): id is string => id !== null && !known.has(id));
  if (unknown.length === 0) return;
  for (const row of await auditedRules(db, unknown)) known.set(row.id, row);
}

/** @returns how many entries held, and what follows them if that does not */
async function verifyCompany(db: Queryable, end: LedgerEnd): Promise<{ entries: number; broken?: Break }> {
  const { companyId } = end;
  const rules = new Map<string, AuditedRules>();
  const trail = newTrail(companyId);
  const upTo = end.head?.sequence ?? Number.MAX_SAFE_INTEGER;
  for (;;) {
    const page = await auditedEntries(db, companyId, { after: trail.head.sequence, upTo, limit: PAGE });
    await learnRules(db, rules, page);
    for (const entry of page) {
      const broken = follow(trail, entry, rules);
      if (broken) return { entries: trail.head.sequence, broken };
    }
    if (page.length < PAGE) break;
  }
  const entries = trail.head.sequence;
  const broken = finish(trail, end.head);
  if (broken) return { entries, broken };
  if (end.beyond === null) return { entries };
  const detail = `it stands after the end that the head knows, ${entries}`;
  return { entries, broken: { companyId, sequence: end.beyond, wrong: 'head', detail } };
}
