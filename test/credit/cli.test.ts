import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FROM_SOURCE } from '../../scripts/server-process.js';
import { createCompany } from '../../src/company/company.js';
import { openPglite } from '../../src/db/db.js';
import { migrate } from '../../src/db/migrate.js';
import { uuid7 } from '../../src/id.js';

/** The real command in a process of its own, on an embedded database in `dataDir`. */
function run(dataDir: string, ...args: string[]) {
  const { PATH } = process.env;
  const result = spawnSync(process.execPath, [...FROM_SOURCE, 'ledger', 'verify', ...args], {
    encoding: 'utf8',
    env: { PATH, DATA_DIR: dataDir, LOG_LEVEL: 'silent' },
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

/** Each start compiles the program and loads PGlite: seconds on a busy machine. */
const PATIENCE = 180_000;

describe('career-relay ledger verify', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'career-relay-cli-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  async function prepared() {
    const db = await openPglite({ directory: dataDir });
    await migrate(db);
    const clock = () => new Date();
    const newId = () => uuid7(clock(), randomBytes(10));
    const company = await db.transaction((tx) =>
      createCompany({ clock, newId, randomBytes } as Parameters<typeof createCompany>[0], tx, {
        name: 'Example',
      }),
    );
    return { db, company };
  }

  test(
    'says intact with 0, names what is wrong with 1, and refuses a directory in use',
    async () => {
      const { db, company } = await prepared();
      const inUse = run(dataDir);
      expect(inUse.code).toBe(75);
      expect(inUse.err).toMatch(`is in use by process ${process.pid}`);
      expect(inUse.err).toMatch('/v1/companies/{id}/ledger/verify');
      await db.close();

      expect(run(dataDir)).toEqual({ code: 0, out: expect.stringMatching('intact'), err: '' });

      const again = await openPglite({ directory: dataDir });
      await again.query(
        `INSERT INTO ledger_heads (company_id, sequence, hash, referrals, progress, credits)
       VALUES ($1, 3, $2, 3, 3, 0)`,
        [company.id, Buffer.alloc(32)],
      );
      await again.close();
      const broken = run(dataDir, '--company', company.id);
      expect(broken.code).toBe(1);
      expect(broken.err).toMatch(`company ${company.id}, entry 1: missing`);
      expect(run(dataDir, '--company', uuid7(new Date(), randomBytes(10))).code).toBe(1);
    },
    PATIENCE,
  );

  test(
    'without a database it makes none',
    () => {
      const { code, err } = run(join(dataDir, 'nothing-here'));
      expect(code).toBe(1);
      expect(err).toMatch('no database');
    },
    PATIENCE,
  );
});
