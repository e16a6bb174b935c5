import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { exportArchive } from '../src/archive/export.js';
import { importArchive } from '../src/archive/import.js';
import { readManifest } from '../src/archive/manifest.js';
import { verifyLedger } from '../src/credit/verify.js';
import { type Db, openPglite, openPostgres } from '../src/db/db.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from './harness/app.js';
import { engines, openTestDatabase } from './harness/database.js';

const SECRET = 'secret-key-for-tests-0123456789abcdef';
const NOW = new Date('2026-11-22T01:00:00Z');
/** Milliseconds: everything is written and read several times over. */
const PATIENT = 300_000;

/** A data directory as `migrate` leaves it, from the dump that every test file starts from: making one takes much longer. */
async function migratedDirectory(directory: string): Promise<void> {
  mkdirSync(directory);
  const loadDataDir = new Blob([readFileSync(process.env.CR_TEST_PGLITE_DUMP!)]);
  const engine = await PGlite.create({ dataDir: join(directory, 'pgdata'), loadDataDir });
  await engine.close();
}

/** An installation with something in every corner that differs between the two: bytes, moments, JSON, arrays, big texts. */
async function fill(app: TestApp): Promise<void> {
  const { id, slug } = await app.company({ name: '株式会社青葉製作所 \\ "quoted"\n' });
  await app.smtpCredential(id);
  const key = OPERATOR_KEY;
  const links = Array.from({ length: 520 }, (_, index) => ({
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

describe('an installation moves', () => {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-archive-'));
  const archive = join(directory, 'archive');
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp('pglite');
    await fill(app);
    await exportArchive(app.db, archive, SECRET, NOW);
  }, PATIENT);
  afterAll(async () => {
    await app.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Imports, and compares what comes out of the copy with what came out of the original. @returns its own archive */
  async function move(from: string, db: Db): Promise<string> {
    const { tables, ledgers } = await importArchive(db, from, SECRET);
    expect(ledgers).toEqual({ companies: 1, entries: 12, intact: true });
    expect(await verifyLedger(db)).toMatchObject(ledgers);
    const again = mkdtempSync(join(directory, 'again-'));
    const second = await exportArchive(db, again, SECRET, NOW);
    expect(second.tables).toEqual(readManifest(archive).tables);
    expect(tables).toEqual(second.tables);
    return again;
  }
  const tablesOf = async (db: Db) =>
    (await exportArchive(db, mkdtempSync(join(directory, 'copy-')), SECRET, NOW)).tables;

  test('the archive counts what there was', () => {
    const { tables } = readManifest(archive);
    const count = Object.fromEntries(tables.map((one) => [one.table, one.count]));
    const expected = { companies: 1, links: 521, clicks: 13, registrations: 11, ledger_entries: 12 };
    expect(count).toMatchObject(expected);
    expect(count['pgboss.job']).toBeGreaterThan(0);
  });

  let latest = archive;
  if (engines.includes('postgres')) {
    test(
      'to PostgreSQL: every row and the ledger are the same; so is a dump that was put back',
      async () => {
        const { db, url } = await openTestDatabase('postgres');
        const restored = new URL(url!);
        // As the guide does it; the teardown of the run drops it by its name.
        restored.pathname += '_restored';
        const dump = join(directory, 'career-relay.dump');
        latest = await move(archive, db);
        await db.exec(`CREATE DATABASE ${restored.pathname.slice(1)} TEMPLATE template0`);
        execFileSync('pg_dump', ['--format=custom', `--file=${dump}`, url!]);
        execFileSync('pg_restore', ['--no-owner', `--dbname=${restored}`, dump]);
        const copy = openPostgres(restored.toString(), 2);
        expect(await tablesOf(copy)).toEqual(readManifest(archive).tables);
        expect(await verifyLedger(copy)).toMatchObject({ intact: true, entries: 12 });
        await copy.close();
        await db.close();
      },
      PATIENT,
    );
  }

  test(
    'and back to a directory: the same; so is the directory when it was copied at rest',
    async () => {
      const [data, copied] = [join(directory, 'data'), join(directory, 'copied')];
      await migratedDirectory(data);
      const db = await openPglite({ directory: data });
      await move(latest, db);
      await db.close();
      cpSync(data, copied, { recursive: true });
      rmSync(data, { recursive: true });
      const copy = await openPglite({ directory: copied });
      expect(await tablesOf(copy)).toEqual(readManifest(archive).tables);
      await copy.close();
    },
    PATIENT,
  );

  describe('is refused', () => {
    let fresh: Db;
    beforeAll(async () => {
      ({ db: fresh } = await openTestDatabase('pglite'));
    });
    afterAll(() => fresh.close());

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

    test('into a database that is not empty', async () => {
      await expect(importArchive(app.db, archive, SECRET)).rejects.toThrow(/not empty/);
    });
    test('under another SECRET_KEY, or without one', async () => {
      await expect(importArchive(fresh, archive, 'x'.repeat(32))).rejects.toThrow(/SECRET_KEY is another/);
      await expect(importArchive(fresh, archive, undefined)).rejects.toThrow(/SECRET_KEY is not set/);
    });
    test('over an archive that stands', async () => {
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
    test.each(SPOILED)('%s: all or nothing', async (_, name, change, said) => {
      await expect(importArchive(fresh, spoiled(name, change), SECRET)).rejects.toThrow(said);
      expect(await fresh.query('SELECT 1 FROM companies')).toEqual([]);
    });
  });
});
