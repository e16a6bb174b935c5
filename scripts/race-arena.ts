import pg from 'pg';
import pino from 'pino';
import { type App, buildApp } from '../src/app.js';
import { createCompany } from '../src/company/company.js';
import { parseConfig } from '../src/config.js';
import { verifyLedger } from '../src/credit/verify.js';
import { type Db, openPostgres } from '../src/db/db.js';
import { mintLinks } from '../src/link/mint.js';
import type { Report } from '../src/registration/report.js';

export const THRESHOLD = 10;
/** Reports under way at once in each round. */
export const CONNECTIONS = 64;
/** How many different registrations the reports of a round are of: around the threshold, and one for each report. */
const PEOPLE = [9, 10, 11, 19, 20, 21, 30, 64] as const;

/** A database of its own with the program on it, which neither listens nor works: it prepares and it checks. */
export type Arena = Readonly<{
  app: App;
  db: Db;
  /** For a server of its own on the same database. */
  env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}>;

export const KEY = 'operator-key-of-the-ledger-races-0123456789';

async function administer(url: string, sql: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(sql).finally(() => admin.end());
}

/** @param connections of the arena's own pool */
export async function openArena(databaseUrl: string, dataDir: string, connections: number): Promise<Arena> {
  const name = `career_relay_races_${process.pid}_${Date.now()}`;
  await administer(databaseUrl, `CREATE DATABASE ${name}`);
  const own = new URL(databaseUrl);
  own.pathname = `/${name}`;
  const env = {
    DATA_DIR: dataDir,
    DATABASE_URL: own.toString(),
    OPERATOR_KEY: KEY,
    SECRET_KEY: 'secret-key-of-the-ledger-races-0123456789abc',
    LOG_LEVEL: 'fatal',
  };
  const db = openPostgres(own.toString(), connections);
  const app = await buildApp(parseConfig(env), { db, log: pino({ level: 'silent' }), work: false });
  await app.jobs.start({ work: false });
  return {
    app,
    db,
    env,
    async close() {
      await app.close();
      await db.close();
      await administer(databaseUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** One company, and reports for it that are sent at once: some are of the same registration. */
export type Round = Readonly<{
  companyId: string;
  /** Sent before the others, one after the other, so that the race begins at another progress each time. */
  first: readonly Report[];
  reports: readonly Report[];
  /** Different registrations among all of them. */
  registrations: number;
}>;

/** @param nth decides how many registrations there are, and the progress at which the race begins */
export async function prepareRound({ app, db }: Arena, nth: number): Promise<Round> {
  const people = PEOPLE[nth % PEOPLE.length]!;
  const before = nth % THRESHOLD;
  const { companyId, code } = await db.transaction(async (tx) => {
    const company = await createCompany(app.deps, tx, { name: `Race ${nth}` });
    const [minted] = await mintLinks(app.deps, tx, company.id, 'api', [{}]);
    return { companyId: company.id, code: minted! };
  });
  const reportOf = (person: string): Report => ({
    externalId: `${companyId}-${person}`,
    code,
    status: 'verified',
    candidate: { email: `${companyId}-${person}@example.jp` },
  });
  return {
    companyId,
    first: Array.from({ length: before }, (_, at) => reportOf(`before-${at}`)),
    reports: Array.from({ length: CONNECTIONS }, (_, at) => reportOf(String(at % people))),
    registrations: before + people,
  };
}

/** What a ledger is found to be after its round. All but `credits` and `entries` are faults and should be 0. */
export type Findings = Readonly<{
  credits: number;
  entries: number;
  /** Credits more or fewer than one for each ten registrations, by the head or by the entries. */
  wrongCredits: number;
  /** Referrals more or fewer than registrations. */
  wrongReferrals: number;
  gaps: number;
  brokenChains: number;
  /** Notices of credits, and their jobs, more or fewer than credits. */
  wrongNotices: number;
}>;

type Counted = Readonly<{
  entries: number;
  last: number;
  earned: number;
  referrals: number;
  credits: number;
  notices: number;
  jobs: number;
}>;

async function countsOf(db: Db, companyId: string): Promise<Counted> {
  const [row] = await db.query<Counted>(
    `SELECT count(*) AS entries, coalesce(max(e.sequence), 0) AS last,
       count(*) FILTER (WHERE e.kind = 'earned') AS earned, coalesce(sum(e.referrals), 0) AS referrals,
       (SELECT credits FROM ledger_heads WHERE company_id = $1) AS credits,
       (SELECT count(*) FROM notices WHERE company_id = $1 AND kind = 'credit_earned') AS notices,
       (SELECT count(*) FROM notices n JOIN pgboss.job j ON j.data ->> 'noticeId' = n.id::text
        WHERE n.company_id = $1 AND n.kind = 'credit_earned') AS jobs
     FROM ledger_entries e WHERE e.company_id = $1`,
    [companyId],
  );
  return row!;
}

/** Looks at one company's ledger when nothing is under way any more. */
export async function inspect({ db }: Arena, round: Round): Promise<Findings> {
  const { companyId, registrations } = round;
  const found = await countsOf(db, companyId);
  const wanted = Math.floor(registrations / THRESHOLD);
  const { intact } = await verifyLedger(db, { companyId });
  const off = (count: number) => Math.abs(count - wanted);
  return {
    credits: found.credits,
    entries: found.entries,
    wrongCredits: Math.max(off(found.credits), off(found.earned)),
    wrongReferrals: Math.abs(found.referrals - registrations),
    gaps: found.last - found.entries,
    brokenChains: intact ? 0 : 1,
    wrongNotices: off(found.notices) + off(found.jobs),
  };
}
