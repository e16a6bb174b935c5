import { setTimeout as delay } from 'node:timers/promises';
import { verifyLedger } from '../src/credit/verify.js';
import { type Db, openPostgres } from '../src/db/db.js';
import type { Books } from './storm-books.js';
import type { StormCompany } from './storm-company.js';
import type { Ground } from './storm-ground.js';
import { takenIn } from './storm-taken.js';

/** What was found when all was quiet again. Everything under `wrong` must be 0. */
export type Findings = Readonly<{
  mails: Readonly<{ answered: number; taken: number; twice: number; ambiguous: number }>;
  clicks: Readonly<{ answered: number; recorded: number }>;
  registrations: Readonly<{ counted: number; credits: number; companies: number; entries: number }>;
  wrong: Readonly<Record<string, number>>;
  /** A few of each, for whoever looks for the cause. */
  examples: Readonly<Record<string, readonly string[]>>;
}>;

type Wrong = Record<string, readonly string[]>;

/** Milliseconds that clicks in spools have: a stream's entry that a dead process left is taken over after 30 s. */
const REPLAYED_WITHIN = 120_000;

async function recordedClicks(db: Db, answered: ReadonlySet<string>): Promise<Set<string>> {
  let recorded = new Set<string>();
  for (let waited = 0; waited < REPLAYED_WITHIN; waited += 500) {
    const rows = await db.query<{ id: string }>('SELECT id FROM clicks');
    recorded = new Set(rows.map(({ id }) => id));
    if ([...answered].every((id) => recorded.has(id))) break;
    await delay(500);
  }
  return recorded;
}

/** What the journal says of each mail, by the id that the mail's label carries. */
async function outcomes(db: Db): Promise<Map<string, string[]>> {
  const rows = await db.query<{ id: string; outcomes: string[] }>(
    `SELECT external_id AS id, array_agg(outcome ORDER BY received_at) AS outcomes FROM messages
     WHERE external_id IS NOT NULL GROUP BY 1`,
  );
  return new Map(rows.map((row) => [row.id, row.outcomes]));
}

/** A row that a dead process left `forwarding` is one in doubt: housekeeping says so after a quarter of an hour. */
const inDoubt = (outcome: string) => outcome === 'ambiguous' || outcome === 'forwarding';

async function checkMails(db: Db, { mails }: Books, taken: ReadonlyMap<string, number>, wrong: Wrong) {
  const journal = await outcomes(db);
  const copies = [...taken].filter(([id]) => id.endsWith('@mails.storm.example'));
  const twice = copies.filter(([, count]) => count > 1);
  const doubts = (id: string) => (journal.get(id) ?? []).filter(inDoubt).length;
  wrong['mails answered 250 that upstream has not'] = [...mails.answered].filter((id) => !taken.has(id));
  wrong['mails upstream has that were not answered 250'] = copies
    .map(([id]) => id)
    .filter((id) => !mails.answered.has(id));
  wrong['mails twice that the journal does not call ambiguous'] = twice
    .filter(([id, count]) => doubts(id) < count - 1)
    .map(([id, count]) => `${id}: ${count} copies, journal ${journal.get(id)?.join(', ') ?? 'empty'}`);
  wrong['mails refused for good'] = mails.refused;
  const ambiguous = [...journal.values()].flat().filter(inDoubt).length;
  return { answered: mails.answered.size, taken: copies.length, twice: twice.length, ambiguous };
}

type Account = Readonly<{ referrals: number; credits: number; threshold: number }>;

async function accountOf(db: Db, companyId: string): Promise<Account> {
  const [row] = await db.query<Account>(
    `SELECT h.referrals, h.credits,
       (SELECT threshold FROM program_rules WHERE company_id IS NULL OR company_id = $1
        ORDER BY company_id NULLS LAST, effective_at DESC LIMIT 1) AS threshold
     FROM ledger_heads h WHERE h.company_id = $1`,
    [companyId],
  );
  return row ?? { referrals: 0, credits: 0, threshold: 1 };
}

async function checkLedger(
  db: Db,
  { registrations: told }: Books,
  companies: readonly StormCompany[],
  wrong: Wrong,
) {
  const [counts, credits]: [string[], string[]] = [[], []];
  let [counted, earned] = [0, 0];
  for (const { id } of companies) {
    const of = (counts: ReadonlyMap<string, number>) => counts.get(id) ?? 0;
    const expected = of(told.reported) + of(told.confirmed) - of(told.reversed);
    const account = await accountOf(db, id);
    counted += account.referrals;
    earned += account.credits;
    if (account.referrals !== expected) counts.push(`${id}: ${account.referrals}, told ${expected}`);
    const due = Math.floor(account.referrals / account.threshold);
    if (account.credits !== due) credits.push(`${id}: ${account.credits}, due ${due}`);
  }
  const { entries, breaks } = await verifyLedger(db, {});
  wrong['referrals other than registrations counted'] = counts;
  wrong['credits other than floor(counted / threshold)'] = credits;
  wrong['breaks of a chain'] = breaks.map(
    ({ companyId, sequence, wrong: what }) => `${companyId} ${sequence} ${what}`,
  );
  wrong['registrations answered otherwise than they must be'] = told.wrong;
  return { counted, credits: earned, companies: companies.length, entries };
}

/** Compares what the clients were told with what stands, when everything runs again. */
export async function check(
  ground: Ground,
  companies: readonly StormCompany[],
  books: Books,
): Promise<Findings> {
  const db = openPostgres(ground.postgres.url, 2);
  const wrong: Wrong = {};
  try {
    const recorded = await recordedClicks(db, books.clicks.answered);
    wrong['clicks answered and not recorded'] = [...books.clicks.answered].filter((id) => !recorded.has(id));
    wrong['clicks answered otherwise than they must be'] = books.clicks.wrong;
    const mails = await checkMails(db, books, await takenIn(ground.taken), wrong);
    const registrations = await checkLedger(db, books, companies, wrong);
    wrong['pages answered otherwise than they must be'] = books.reads.wrong;
    wrong['clients without an answer at the end'] = Array.from(
      { length: books.mails.open + books.registrations.open },
      () => 'one',
    );
    wrong['processes that ended by themselves, or not when told to'] = [
      ...ground.members,
      ground.sink,
    ].flatMap(({ name, ownEnds }) => ownEnds.map((end) => `${name}: ${end}`));
    return {
      mails,
      clicks: { answered: books.clicks.answered.size, recorded: recorded.size },
      registrations,
      wrong: Object.fromEntries(Object.entries(wrong).map(([what, cases]) => [what, cases.length])),
      examples: Object.fromEntries(
        Object.entries(wrong).flatMap(([what, cases]) =>
          cases.length > 0 ? [[what, cases.slice(0, 5)]] : [],
        ),
      ),
    };
  } finally {
    await db.close();
  }
}
