import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { exportArchive } from '../src/archive/export.js';
import { importArchive } from '../src/archive/import.js';
import { readManifest } from '../src/archive/manifest.js';
import { verifyLedger } from '../src/credit/verify.js';
import { type Db, openPglite, openPostgres } from '../src/db/db.js';
import { migrate } from '../src/db/migrate.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from './harness/app.js';
import { type Engine, engines, openTestDatabase } from './harness/database.js';
import { prepareQueue } from './harness/queue-schema.js';

const SECRET = 'secret-key-for-tests-0123456789abcdef';
const NOW = new Date('2026-11-22T01:00:00Z');

/** An installation with something in every corner that differs between the two: bytes, moments, JSON, arrays, big texts. */
async function fill(app: TestApp): Promise<void> {
  const { id, slug } = await app.company({ name: '株式会社青葉製作所 \\ "quoted"\n' });
  await app.smtpCredential(id);
  const key = OPERATOR_KEY;
  const links = Array.from({ length: 700 }, (_, index) => ({
    recipient: `c${index}@example.jp`,
    job: '営業 "職" \\',
  }));
  const batch = await app.call('/v1/links/batch', { key, body: { company: id, links } });
  const { links: minted } = (await batch.json()) as { links: { code: string }[] };
  for (const { code } of minted.slice(0, 12)) await app.call(`/r/${code}`);
  await app.call(`/c/${slug}?job=sales`);
  for (const [index, { code }] of minted.slice(0, 11).entries()) {
    const candidate = { email: `person-${index}@example.jp`, name: `候補者 ${index}` };
    const consent = { version: '1', at: '2026-11-21T10:00:00.123Z' };
    const body = { externalId: `r-${index}`, code, status: 'verified', candidate, consent };
    const answer = await app.call('/v1/registrations', { key, body });
    expect(answer.status).toBe(201);
  }
}

describe.each(engines)('an installation on %s moves', (from) => {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-archive-'));
  const archive = join(directory, 'archive');
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(from);
    await fill(app);
    await exportArchive(app.db, archive, SECRET, NOW);
  });
  afterAll(async () => {
    await app.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function target(engine: Engine, work: (db: Db) => Promise<void>): Promise<void> {
    const { db } = await openTestDatabase(engine);
    await work(db).finally(() => db.close());
  }
  /** A copy of the archive with one file changed. */
  function spoiled(name: string, change: (text: string) => string): string {
    const copy = mkdtempSync(join(directory, 'spoiled-'));
    cpSync(archive, copy, { recursive: true });
    const path = join(copy, name);
    const packed = name.endsWith('.gz');
    const text = packed ? gunzipSync(readFileSync(path)).toString() : readFileSync(path, 'utf8');
    writeFileSync(path, packed ? gzipSync(change(text)) : change(text));
    return copy;
  }

  test.each(engines)('to %s: every count, every row and the ledger are the same', async (to) => {
    await target(to, async (db) => {
      const { tables, ledgers } = await importArchive(db, archive, SECRET);
      const count = Object.fromEntries(tables.map((one) => [one.table, one.count]));
      expect(count).toMatchObject({
        companies: 1,
        links: 701,
        clicks: 13,
        registrations: 11,
        ledger_entries: 12,
      });
      expect(count['pgboss.job']).toBeGreaterThan(0);
      expect(ledgers).toEqual({ companies: 1, entries: 12, intact: true });
      expect(await verifyLedger(db)).toMatchObject(ledgers);
      // What comes out of the copy is what came out of the original, whichever way they sort.
      const again = join(directory, `again-${to}`);
      const second = await exportArchive(db, again, SECRET, NOW);
      expect(second.tables).toEqual(readManifest(archive).tables);
    });
  });

  const tablesOf = async (db: Db, name: string) =>
    (await exportArchive(db, join(directory, name), SECRET, NOW)).tables;

  if (from === 'postgres') {
    test('a dump that was put back, as the guide does it, is the same', async () => {
      const { db, url } = await openTestDatabase('postgres');
      const restored = new URL(url!);
      restored.pathname += '_restored';
      const dump = join(directory, 'career-relay.dump');
      try {
        // The target must be empty for pg_restore, and is named by what the teardown drops.
        await importArchive(db, archive, SECRET);
        await db.exec(`CREATE DATABASE ${restored.pathname.slice(1)} TEMPLATE template0`);
        execFileSync('pg_dump', ['--format=custom', `--file=${dump}`, url!]);
        execFileSync('pg_restore', ['--no-owner', `--dbname=${restored}`, dump]);
        const copy = openPostgres(restored.toString(), 2);
        expect(await tablesOf(copy, 'restored')).toEqual(await tablesOf(db, 'dumped'));
        expect(await verifyLedger(copy)).toMatchObject({ intact: true, entries: 12 });
        await copy.close();
      } finally {
        await db.close();
      }
    });
  }

  // What is refused is refused alike.
  if (from !== 'pglite') return;
  test('a directory that was copied while nobody used it, as the guide does it, is the same', async () => {
    const [data, copied] = [join(directory, 'data'), join(directory, 'copied')];
    const db = await openPglite({ directory: data });
    await migrate(db);
    await prepareQueue(db);
    await importArchive(db, archive, SECRET);
    await db.close();
    cpSync(data, copied, { recursive: true });
    rmSync(data, { recursive: true });
    const copy = await openPglite({ directory: copied });
    const exported = readManifest(archive).tables.filter(({ table }) => table !== 'pgboss.job');
    expect(await tablesOf(copy, 'of-copy')).toEqual(expect.arrayContaining(exported));
    await copy.close();
  });

  const [to] = engines;
  test('not into a database that is not empty', async () => {
    await expect(importArchive(app.db, archive, SECRET)).rejects.toThrow(/not empty/);
  });
  test('not under another SECRET_KEY, nor without one', async () => {
    await target(to!, async (db) => {
      await expect(importArchive(db, archive, 'x'.repeat(32))).rejects.toThrow(/SECRET_KEY is another/);
      await expect(importArchive(db, archive, undefined)).rejects.toThrow(/SECRET_KEY is not set/);
    });
  });
  test('not over an archive that stands', async () => {
    await expect(exportArchive(app.db, archive, SECRET, NOW)).rejects.toThrow(/not empty/);
  });

  const SPOILED: [string, string, (text: string) => string, RegExp][] = [
    [
      'a row is missing',
      'clicks.jsonl.gz',
      (text) => text.slice(text.indexOf('\n') + 1),
      /clicks: the file holds 12 rows/,
    ],
    [
      'a value was changed',
      'links.jsonl.gz',
      (text) => text.replace('c33@example.jp', 'c34@example.jp'),
      /links: the file/,
    ],
    ['no manifest', 'manifest.json', () => '', /no whole archive/],
    [
      'another version',
      'manifest.json',
      (text) => text.replace('0001-init.sql', '0001-other.sql'),
      /another version/,
    ],
  ];
  test.each(SPOILED)('spoiled: %s', async (_, name, change, said) => {
    await target(to!, async (db) => {
      await expect(importArchive(db, spoiled(name, change), SECRET)).rejects.toThrow(said);
      // All or nothing.
      expect(await db.query('SELECT 1 FROM companies')).toEqual([]);
    });
  });
});
