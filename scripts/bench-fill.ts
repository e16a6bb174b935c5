import { randomUUID } from 'node:crypto';
import { insertCompany } from '../src/company/store.js';
import type { Db } from '../src/db/db.js';
import { CODE_ALPHABET, CODE_LENGTH } from '../src/link/code.js';

/** Codes that the load chooses from; more would only fill the generator's memory. */
const CODES_AT_MOST = 1_000_000;
/** Half a code: the first half tells all codes apart, so there may be this many. */
const HALF = CODE_ALPHABET.length ** (CODE_LENGTH / 2);
/** Odd and no multiples of 7, so that no two numbers below HALF give the same first half. */
const [FIRST, SECOND] = [10_637_221, 6_700_417];

const symbol = (half: string, place: number) =>
  `substr('${CODE_ALPHABET}', (${half} / ${CODE_ALPHABET.length ** place} % ${CODE_ALPHABET.length})::int + 1, 1)`;

/** The code of the link with the number `i`, as an SQL expression: valid, one's own, and in no order. */
function codeOf(i: string): string {
  const places = Array.from({ length: CODE_LENGTH / 2 }, (_, place) => place);
  const halves = [FIRST, SECOND].map((factor) => `(${i}::bigint * ${factor} % ${HALF})`);
  return halves.flatMap((half) => places.map((place) => symbol(half, place))).join(' || ');
}

async function addCompany(db: Db): Promise<string> {
  const id = randomUUID();
  await db.transaction((tx) =>
    insertCompany(tx, {
      id,
      slug: 'bench',
      name: 'Bench',
      locale: 'ja',
      policy: 'auto',
      signedPolicy: 'pass',
      timeZone: 'Asia/Tokyo',
      linkHost: null,
      destinationUrl: null,
      createdAt: new Date(),
    }),
  );
  return id;
}

/** Indexes that can be made again afterwards, which is much faster than keeping them while rows come. */
async function withoutIndexes(db: Db, table: string, work: () => Promise<void>): Promise<void> {
  const indexes = await db.query<{ name: string; sql: string }>(
    `SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE tablename = $1
     AND indexname NOT IN (SELECT conname FROM pg_constraint)`,
    [table],
  );
  for (const { name } of indexes) await db.exec(`DROP INDEX ${name}`);
  await work();
  for (const { sql } of indexes) await db.exec(sql);
}

/** Links a day old, so that their mails' recipients are long through. */
async function addLinks(db: Db, companyId: string, count: number): Promise<void> {
  await db.query(
    `INSERT INTO links (code, company_id, kind, origin, created_at)
     SELECT ${codeOf('i')}, $1, 'candidate', 'api', now() - interval '1 day' FROM generate_series(1, $2::int) AS i`,
    [companyId, count],
  );
}

/** Clicks of the day before the load, each on a link chosen at random, with ids as the program makes them. */
async function addClicks(db: Db, companyId: string, links: number, count: number): Promise<void> {
  await db.query(
    `INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method, user_agent, browser, os, device, visitor, asn, prefetch)
     SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(seed, 1, 3) || '8' || substr(seed, 4, 15))::uuid,
            at, ${codeOf('link')}, $1, 'human', '{agent_browser}', 2, 'GET',
            'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
            'Mobile Safari', 'iOS', 'mobile', decode(seed, 'hex'), 4713, false
     FROM (SELECT now() - interval '1 day' * (1 - i::float8 / $3) AS at, md5(i::text) AS seed,
                  1 + floor(random() * $2)::int AS link
           FROM generate_series(1, $3::int) AS i) AS made`,
    [companyId, links, count],
  );
}

/**
 * Fills a migrated database with a company's links and clicks.
 * @returns the codes of the links, or as many of them as a load needs
 */
export async function fill(db: Db, links: number, clicks: number): Promise<string[]> {
  const companyId = await addCompany(db);
  await withoutIndexes(db, 'links', () => addLinks(db, companyId, links));
  if (clicks > 0) await withoutIndexes(db, 'clicks', () => addClicks(db, companyId, links, clicks));
  await db.exec('VACUUM (FREEZE, ANALYZE) links');
  await db.exec('VACUUM (FREEZE, ANALYZE) clicks');
  await db.exec('CHECKPOINT');
  const step = Math.max(1, Math.ceil(links / CODES_AT_MOST));
  const rows = await db.query<{ code: string }>(
    `SELECT ${codeOf('i')} AS code FROM generate_series(1, $1::int, $2::int) AS i`,
    [links, step],
  );
  return rows.map(({ code }) => code);
}
