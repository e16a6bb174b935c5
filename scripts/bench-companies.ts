import type { Db } from '../src/db/db.js';

/** How much a year of an installation holds. */
export type Installation = Readonly<{ companies: number; messages: number; clicks: number }>;

/** The biggest company's part of everything; the others share the rest as 1/rank^ZIPF. */
const BIGGEST = 0.1;
const ZIPF = 0.8;

/** A UUID of version 7 for a moment, from a text that no other row has. */
const idSql = (at: string, seed: string) =>
  `(lpad(to_hex((extract(epoch FROM ${at}) * 1000)::bigint), 12, '0') || '7' || substr(md5(${seed}), 1, 3) || '8' || substr(md5(${seed}), 4, 15))::uuid`;
const one = (from: string, share = 'random()') =>
  `(ARRAY[${from}])[1 + floor(${share} * ${from.split(',').length})::int]`;

/** Companies with their parts; `first` and `last` are the messages that are theirs. */
const COMPANIES = `
  CREATE UNLOGGED TABLE bench_companies AS
  WITH ranked AS (
    SELECT rank, CASE WHEN rank = 0 THEN 0 ELSE rank ^ -${ZIPF} END AS weight FROM generate_series(0, $companies - 1) AS rank),
  shared AS (
    SELECT rank, CASE WHEN rank = 0 THEN ${BIGGEST} ELSE ${1 - BIGGEST} * weight / sum(weight) OVER () END AS share FROM ranked)
  SELECT rank, (lpad(to_hex(rank), 8, '0') || '-0000-7000-8000-000000000000')::uuid AS id,
    greatest(1, round(share * $messages))::int AS messages FROM shared;
  INSERT INTO companies (id, slug, name, created_at)
    SELECT id, 'bench-' || rank, 'Bench ' || rank, now() - interval '366 days' FROM bench_companies;
  INSERT INTO links (code, company_id, kind, origin, created_at)
    SELECT 's' || rank, id, 'static', 'static', now() - interval '366 days' FROM bench_companies;
  INSERT INTO ledger_heads (company_id, sequence, hash, referrals, progress, credits)
    SELECT id, 0, '', 0, 0, 0 FROM bench_companies;`;

/** Mails of a year, most of them rejections with a link; in the order in which they came, as a journal is. */
const MESSAGES = `
  CREATE UNLOGGED TABLE bench_messages AS
  SELECT row_number() OVER (ORDER BY at) AS i, company_id, at, kind, job, stage, source FROM (
    SELECT c.id AS company_id, now() - interval '365 days' * random() AS at, random() AS kind,
      'Job ' || floor(30 * random() ^ 2) AS job, ${one("'書類選考','一次面接','二次面接','最終面接'")} AS stage,
      CASE WHEN random() < 0.8 THEN ${one("'ats','agency','fair','referral','site'")} END AS source
    FROM bench_companies c, generate_series(1, c.messages)) AS made;
  INSERT INTO links (code, company_id, kind, origin, job, stage, source, created_at)
    SELECT to_hex(i * 2654435761 % 4294967296) || to_hex(i), company_id, 'candidate', CASE WHEN kind < 0.1 THEN 'api' ELSE 'smtp' END,
      job, stage, source, at
    FROM bench_messages WHERE kind < 0.85 ORDER BY i;
  INSERT INTO messages (id, company_id, received_at, fingerprint, envelope_from, recipients, size, verdict, cues,
    rules_version, action, reason, code, job, stage, source, outcome, finished_at)
    SELECT ${idSql('at', "'m' || i")}, company_id, at, decode(md5('f' || i), 'hex'), 'hr@example.jp', '{candidate@example.jp}', 4000,
      CASE WHEN kind < 0.85 THEN 'rejection' WHEN kind < 0.88 THEN 'unsure' ELSE 'other' END, '["ja_regret"]', 1,
      CASE WHEN kind < 0.85 THEN 'inserted' ELSE 'untouched' END, CASE WHEN kind < 0.85 THEN NULL ELSE 'not-a-rejection' END,
      CASE WHEN kind < 0.85 THEN to_hex(i * 2654435761 % 4294967296) || to_hex(i) END, job, stage, source,
      CASE WHEN kind > 0.99 THEN 'refused' ELSE 'delivered' END, at
    FROM bench_messages WHERE kind >= 0.1 ORDER BY i;`;

/**
 * Clicks on candidates' links: programs within minutes, people within days, some of them weeks later again. Every link has
 * its own number of them; the order is that of time.
 */
const CLICKS = `
  INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method, user_agent, browser, os, device, visitor, asn)
  SELECT ${idSql('at', "code || '-' || n")}, at, code, company_id, class, '{agent_browser}', 2, 'GET',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    'Mobile Safari', 'iOS', 'mobile', decode(md5(code), 'hex'), 4713
  FROM (
    SELECT l.code, l.company_id, n, class,
      l.created_at + CASE WHEN class = 'human' THEN interval '1 day' * (-3 * ln(1 - random())) * CASE WHEN random() < 0.05 THEN 20 ELSE 1 END
        ELSE interval '1 minute' * (-10 * ln(1 - random())) END AS at
    FROM links l, generate_series(1, least(200, ceil(-ln(1 - random()) * $clicks / $links)::int)) AS n,
      LATERAL (SELECT CASE WHEN r < 0.35 THEN 'human' WHEN r < 0.4 THEN 'suspected' WHEN r < 0.8 THEN 'scanner'
        WHEN r < 0.95 THEN 'bot' ELSE 'prefetch' END AS class FROM (SELECT random() + 0 * n AS r) AS drawn) AS judged
    WHERE l.kind = 'candidate') AS made
  WHERE at < now() ORDER BY at;`;

/** One candidate in twenty-five registers; nearly all of them count. */
const REGISTRATIONS = `
  INSERT INTO registrations (id, company_id, external_id, origin, input_hash, code, click_id, status, attribution, counted,
    created_at, occurred_at, verified_at, counted_at)
  SELECT id, company_id, id::text, 'form', '', code, click, CASE WHEN counts THEN 'verified' ELSE 'pending' END, '{}', counts,
    at, at, CASE WHEN counts THEN at END, CASE WHEN counts THEN at + interval '2 minutes' END
  FROM (
    SELECT ${idSql('l.created_at', "'r' || l.code")} AS id, l.company_id, l.code,
      (SELECT c.id FROM clicks c WHERE ARRAY[c.code] @> ARRAY[l.code] LIMIT 1) AS click, random() < 0.8 AS counts,
      least(l.created_at + interval '1 day' * random(), now() - interval '1 hour') AS at
    FROM links l WHERE l.kind = 'candidate' AND random() < 0.04) AS made
  ORDER BY at;
  INSERT INTO ledger_entries (company_id, sequence, kind, referrals, progress, credits, idempotency_key, input_hash,
    registration_id, actor, cause, at, previous_hash, hash)
  SELECT company_id, row_number() OVER (PARTITION BY company_id ORDER BY counted_at), 'referral', 1, 1, 0, id::text, '', id,
    'bench', 'bench', counted_at, '', ''
  FROM registrations WHERE counted;
  UPDATE ledger_heads h SET sequence = e.count, referrals = e.count, progress = e.count % 10
  FROM (SELECT company_id, count(*) FROM ledger_entries GROUP BY 1) AS e WHERE e.company_id = h.company_id;`;

/** Makes a table's indexes and triggers wait until its rows are in, which is many times faster. */
async function bulk(db: Db, table: string, work: () => Promise<void>): Promise<void> {
  const indexes = await db.query<{ name: string; sql: string }>(
    `SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE tablename = $1
     AND indexname NOT IN (SELECT conname FROM pg_constraint)`,
    [table],
  );
  for (const { name } of indexes) await db.exec(`DROP INDEX ${name}`);
  await db.exec(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
  await work();
  await db.exec(`ALTER TABLE ${table} ENABLE TRIGGER ALL`);
  for (const { sql } of indexes) await db.exec(sql);
}

/** Fills a migrated database with a year of an installation. */
export async function fillInstallation(db: Db, size: Installation): Promise<void> {
  const filled = (sql: string) =>
    sql
      .replaceAll('$companies', String(size.companies))
      .replaceAll('$messages', String(size.messages))
      .replaceAll('$clicks', String(size.clicks))
      .replaceAll('$links', String(size.messages * 0.85));
  await db.exec(filled(COMPANIES));
  await bulk(db, 'links', () => bulk(db, 'messages', () => db.exec(filled(MESSAGES))));
  await bulk(db, 'clicks', () => db.exec(filled(CLICKS)));
  await bulk(db, 'registrations', () => db.exec(filled(REGISTRATIONS)));
  await db.exec('DROP TABLE bench_messages, bench_companies');
  for (const table of ['links', 'messages', 'clicks', 'registrations', 'ledger_entries']) {
    await db.exec(`VACUUM (FREEZE, ANALYZE) ${table}`);
  }
}

/** The id of the company with a rank: 0 is the biggest, the others follow by size. */
export function companyOfRank(rank: number): string {
  return `${rank.toString(16).padStart(8, '0')}-0000-7000-8000-000000000000`;
}
