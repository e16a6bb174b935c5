/**
 * Measures the credit ledger on PostgreSQL: `npm run bench:ledger -- [--seconds N] [--entries N] [--json]`.
 * Referrals per second into one company and into 1,000, each referral a transaction of its own with its credit, notice
 * and job; then how long verification takes. Needs BENCH_DATABASE_URL or TEST_DATABASE_URL; makes a database of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import pino from 'pino';
import { type App, buildApp } from '../src/app.js';
import { createCompany } from '../src/company/company.js';
import { parseConfig } from '../src/config.js';
import { earnedDraft, referralDraft } from '../src/credit/drafts.js';
import {
  chained,
  emptyHead,
  type Head,
  headAfter,
  type LedgerEntry,
  settlementOf,
} from '../src/credit/entry.js';
import { postReferral } from '../src/credit/ledger.js';
import { rulesInForce } from '../src/credit/program.js';
import { lockHead } from '../src/credit/store.js';
import { verifyLedger } from '../src/credit/verify.js';
import { type Db, openPostgres, type Tx } from '../src/db/db.js';

const CONNECTIONS = 16;
const BATCH = 5_000;

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    entries: { type: 'string', default: '200000' },
    json: { type: 'boolean', default: false },
  },
});

type Rate = Readonly<{ companies: number; referralsPerSecond: number; p50: number; p99: number }>;

function makeCompanies({ deps }: App, db: Db, count: number): Promise<string[]> {
  return db.transaction(async (tx) => {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      ids.push((await createCompany(deps, tx, { name: `Bench ${deps.newId()}` })).id);
    }
    return ids;
  });
}

/** Posts from every connection until the time is over. */
async function measurePosting(
  app: App,
  db: Db,
  companies: readonly string[],
  seconds: number,
): Promise<Rate> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  async function post(): Promise<void> {
    while (performance.now() < end) {
      const companyId = companies[Math.floor(Math.random() * companies.length)]!;
      const registrationId = app.deps.newId();
      const from = performance.now();
      await db.transaction((tx) =>
        postReferral(app.deps, tx, { companyId, registrationId, actor: 'bench', at: new Date() }),
      );
      times.push(performance.now() - from);
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, post));
  const elapsed = (performance.now() - start) / 1_000;
  times.sort((left, right) => left - right);
  const percentile = (share: number) => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(1));
  return {
    companies: companies.length,
    referralsPerSecond: Math.round(times.length / elapsed),
    p50: percentile(0.5),
    p99: percentile(0.99),
  };
}

function insertEntries(db: Db, entries: readonly LedgerEntry[]): Promise<unknown> {
  const rows = entries.map((entry) => ({
    ...entry,
    inputHash: entry.inputHash.toString('hex'),
    previousHash: entry.previousHash.toString('hex'),
    hash: entry.hash.toString('hex'),
  }));
  return db.query(
    `INSERT INTO ledger_entries (company_id, sequence, kind, referrals, progress, credits, idempotency_key, input_hash,
       registration_id, about, rule_id, actor, cause, at, previous_hash, hash)
     SELECT "companyId", sequence, kind, referrals, progress, credits, "idempotencyKey", decode("inputHash", 'hex'),
       "registrationId", about, "ruleId", actor, cause, at, decode("previousHash", 'hex'), decode(hash, 'hex')
     FROM jsonb_to_recordset($1::jsonb) AS e("companyId" uuid, sequence bigint, kind text, referrals int, progress int,
       credits int, "idempotencyKey" text, "inputHash" text, "registrationId" uuid, about bigint, "ruleId" uuid,
       actor text, cause text, at timestamptz, "previousHash" text, hash text)`,
    [JSON.stringify(rows)],
  );
}

function putHead(tx: Tx, head: Head): Promise<unknown> {
  return tx.query(
    `UPDATE ledger_heads SET sequence = $2, hash = $3, referrals = $4, progress = $5, credits = $6, earned = $7
     WHERE company_id = $1`,
    [head.companyId, head.sequence, head.hash, head.referrals, head.progress, head.credits, head.earned],
  );
}

/** A ledger of `count` entries, as that many postings would have left it, but made in memory: posting takes minutes. */
async function fill({ deps }: App, db: Db, companyId: string, count: number): Promise<void> {
  const rules = await rulesInForce(db, companyId, new Date());
  let head = emptyHead(companyId);
  let batch: LedgerEntry[] = [];
  while (head.sequence < count || settlementOf(head, rules.threshold)) {
    const by = { actor: 'bench', at: new Date() };
    const draft = settlementOf(head, rules.threshold)
      ? earnedDraft(head, rules, by)
      : referralDraft(deps.newId(), rules, by);
    const entry = chained(head, draft);
    head = headAfter(head, entry);
    batch.push(entry);
    if (batch.length < BATCH) continue;
    await insertEntries(db, batch);
    batch = [];
  }
  await insertEntries(db, batch);
  await db.transaction(async (tx) => {
    await lockHead(tx, companyId);
    await putHead(tx, head);
  });
}

async function measureVerify(db: Db, companyId: string) {
  const start = performance.now();
  const { intact, entries } = await verifyLedger(db, { companyId });
  const seconds = (performance.now() - start) / 1_000;
  if (!intact) throw new Error('the ledger that was just made is not intact');
  return {
    entries,
    seconds: Number(seconds.toFixed(2)),
    secondsPerMillion: Number(((seconds / entries) * 1e6).toFixed(1)),
  };
}

async function measure(db: Db, dataDir: string) {
  const config = parseConfig({ DATA_DIR: dataDir, NODE_ENV: 'test', PORT: '0', SMTP_PORT: '0' });
  const app = await buildApp(config, { db, log: pino({ level: 'silent' }) });
  await app.jobs.start({ work: false });
  try {
    const seconds = Number(options.seconds);
    const spread = await makeCompanies(app, db, 1_000);
    const [hot = '', filled = ''] = await makeCompanies(app, db, 2);
    const posting = [
      await measurePosting(app, db, [hot], seconds),
      await measurePosting(app, db, spread, seconds),
    ];
    await fill(app, db, filled, Number(options.entries));
    await db.exec('ANALYZE ledger_entries');
    const verify = await measureVerify(db, filled);
    if (!(await verifyLedger(db)).intact) throw new Error('the ledgers that were posted to are not intact');
    return { cpus: cpus().length, connections: CONNECTIONS, posting, verify };
  } finally {
    await app.close();
  }
}

async function main(): Promise<void> {
  const given = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;
  if (!given) throw new Error('set BENCH_DATABASE_URL or TEST_DATABASE_URL to a PostgreSQL server');
  const name = `career_relay_bench_ledger_${process.pid}`;
  const admin = new pg.Client({ connectionString: given });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'career-relay-bench-'));
  const own = new URL(given);
  own.pathname = `/${name}`;
  const db = openPostgres(own.toString(), CONNECTIONS);
  try {
    const figures = await measure(db, dataDir);
    if (options.json) console.log(JSON.stringify(figures));
    else report(figures);
  } finally {
    await db.close();
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function report({ cpus: count, connections, posting, verify }: Awaited<ReturnType<typeof measure>>): void {
  console.log(`PostgreSQL, ${connections} connections, ${count} CPUs`);
  for (const { companies, referralsPerSecond, p50, p99 } of posting) {
    const into = companies === 1 ? 'one company' : `${companies} companies`;
    console.log(`into ${into}: ${referralsPerSecond} referrals/s, p50 ${p50} ms, p99 ${p99} ms`);
  }
  const { entries, seconds, secondsPerMillion } = verify;
  console.log(`verify: ${entries} entries in ${seconds} s (${secondsPerMillion} s per million)`);
}

await main();
