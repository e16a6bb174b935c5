import type { Db, Queryable } from '../db/db.js';
import { networkKindOf } from './networks.js';
import { type Cue, classOfAgent, judgeRequest, RULES_VERSION, type VisitorClass } from './visitor.js';

/** What is known of a click some minutes later, read from what is stored. */
export type ClickFacts = Readonly<{
  method: 'GET' | 'HEAD';
  prefetch: boolean;
  agent: string | null;
  asn: number | null;
  /** Seconds between the link's making and the click; null for a static link, which has no mail. */
  age: number | null;
  /** Candidates' links that the same visitor touched with the same agent in the same SPAN. */
  links: number;
  /** Whether a registration was sent from the page that this click led to. */
  posted: boolean;
}>;

export type Verdict = Readonly<{ visitorClass: VisitorClass; cues: readonly Cue[] }>;

/** Milliseconds. Sweeps are over within minutes of the mail. */
export const SPAN = 600_000;
/** Most sweeps came within five minutes of the mail, none counted here came later than ten (seconds). */
const SOON = 600;
/** A person has one link, two when two companies wrote on one day; more come from a machine, or a shared address. */
const MANY = 3;

/**
 * Judges a click again with what followed it. A registration proves a person, whatever the rest says. What only points
 * to a machine (a cloud's network, a click soon after the mail, one visitor with several candidates' links) makes no
 * scanner by itself: the first and the third alone make `suspected`, time alone nothing, any two together `scanner`.
 * Several links alone never make more: behind one address of a mobile network are many people with the same telephone.
 */
export function judgeInHindsight(facts: ClickFacts): Verdict {
  const agent = classOfAgent(facts.agent ?? '');
  const first = judgeRequest({ ...facts, agent, network: networkKindOf(facts.asn) });
  if (facts.posted) return { visitorClass: 'human', cues: [first.cue, 'later_post'] };
  const soon = facts.age !== null && facts.age < SOON;
  const many = facts.links >= MANY;
  if (first.visitorClass === 'suspected') {
    const more: Cue[] = [
      ...(soon ? ['soon_after_sending' as const] : []),
      ...(many ? ['many_links' as const] : []),
    ];
    return { visitorClass: more.length > 0 ? 'scanner' : 'suspected', cues: [first.cue, ...more] };
  }
  if (first.visitorClass === 'human' && many)
    return { visitorClass: 'suspected', cues: [first.cue, 'many_links'] };
  return { visitorClass: first.visitorClass, cues: [first.cue] };
}

type StoredClick = ClickFacts &
  Readonly<{ id: string; class: VisitorClass; cues: readonly Cue[]; rulesVersion: number }>;

/** The smallest id (UUID version 7) of a moment: clicks are found by time without an index on it. */
function idAt(milliseconds: number): string {
  const hex = Math.max(milliseconds, 0).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The clicks of one span that can be judged: not those of people who asked not to be tracked, nor faded ones. */
async function clicksOfSpan(db: Queryable, from: number): Promise<StoredClick[]> {
  return db.query<StoredClick>(
    `WITH here AS (
       SELECT c.id, c.at, c.class, c.cues, c.rules_version, c.method, c.prefetch, c.user_agent, c.asn, c.visitor,
              l.code, l.kind, l.created_at
       FROM clicks c JOIN links l ON l.code = c.code
       WHERE c.id >= $1 AND c.id < $2
     ), touched AS (
       SELECT visitor, user_agent, count(DISTINCT code) AS links FROM here
       WHERE visitor IS NOT NULL AND kind = 'candidate' GROUP BY visitor, user_agent
     )
     SELECT h.id, h.class, h.cues, h.rules_version AS "rulesVersion", h.method, h.prefetch, h.user_agent AS agent, h.asn,
       CASE WHEN h.kind = 'candidate' THEN extract(epoch FROM h.at - h.created_at)::float8 END AS age,
       coalesce(t.links, 0)::int AS links,
       EXISTS (SELECT 1 FROM registrations r WHERE r.click_id = h.id) AS posted
     FROM here h LEFT JOIN touched t ON t.visitor = h.visitor AND t.user_agent IS NOT DISTINCT FROM h.user_agent
     WHERE h.visitor IS NOT NULL OR h.user_agent IS NOT NULL`,
    [idAt(from), idAt(from + SPAN)],
  );
}

/** The first verdict stays beside the present one. */
async function updateVerdicts(db: Queryable, changed: readonly (Verdict & { id: string })[]): Promise<void> {
  await db.query(
    `UPDATE clicks c SET class = v.class, cues = string_to_array(v.cues, ' '), rules_version = $4,
       first_class = CASE WHEN c.class = v.class THEN c.first_class ELSE coalesce(c.first_class, c.class) END
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS v (id, class, cues) WHERE c.id = v.id`,
    [
      changed.map((one) => one.id),
      changed.map((one) => one.visitorClass),
      changed.map((one) => one.cues.join(' ')),
      RULES_VERSION,
    ],
  );
}

async function firstClickFrom(db: Queryable, milliseconds: number): Promise<number | undefined> {
  const [row] = await db.query<{ id: string }>('SELECT id FROM clicks WHERE id >= $1 ORDER BY id LIMIT 1', [
    idAt(milliseconds),
  ]);
  return row && timeOf(row.id);
}

async function judgeSpan(db: Queryable, from: number): Promise<number> {
  const changed: (Verdict & { id: string })[] = [];
  for (const click of await clicksOfSpan(db, from)) {
    const verdict = judgeInHindsight(click);
    const same = verdict.visitorClass === click.class && verdict.cues.join() === click.cues.join();
    if (!same || click.rulesVersion !== RULES_VERSION) changed.push({ id: click.id, ...verdict });
  }
  if (changed.length > 0) await updateVerdicts(db, changed);
  return changed.length;
}

/**
 * Judges again every click since a moment, from what is stored of it. Running it twice changes nothing more.
 * @returns how many clicks have another verdict, or the same one by newer rules
 */
export async function reclassify(db: Db, since: Date): Promise<number> {
  let changed = 0;
  let at = await firstClickFrom(db, Math.floor(since.getTime() / SPAN) * SPAN);
  while (at !== undefined) {
    const span = Math.floor(at / SPAN) * SPAN;
    changed += await judgeSpan(db, span);
    at = await firstClickFrom(db, span + SPAN);
  }
  return changed;
}

/** Judges again the clicks, of any age, that registrations since a moment came from. @returns how many changed */
export async function reclassifyPosted(db: Db, since: Date): Promise<number> {
  const rows = await db.query<{ id: string }>(
    `SELECT c.id FROM registrations r JOIN clicks c ON c.id = r.click_id
     WHERE r.created_at >= $1 AND NOT 'later_post' = ANY (c.cues)`,
    [since],
  );
  let changed = 0;
  for (const span of new Set(rows.map(({ id }) => Math.floor(timeOf(id) / SPAN) * SPAN))) {
    changed += await judgeSpan(db, span);
  }
  return changed;
}
