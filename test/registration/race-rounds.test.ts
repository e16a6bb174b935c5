import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONNECTIONS, openArena } from '../../scripts/race-arena.js';
import { isExact, raceInProcess, raceWithKill } from '../../scripts/race-rounds.js';
import { FROM_SOURCE } from '../../scripts/server-process.js';

/** The short form of `npm run races:ledger`. PostgreSQL only: PGlite has one connection. */
const onPostgres = process.env.TEST_DATABASE_URL ? describe : describe.skip;

onPostgres('rounds of 64 reports at once, on postgres', () => {
  async function inArena<T>(
    connections: number,
    work: (arena: Awaited<ReturnType<typeof openArena>>) => Promise<T>,
  ): Promise<T> {
    const directory = mkdtempSync(join(tmpdir(), 'career-relay-races-'));
    const arena = await openArena(process.env.TEST_DATABASE_URL!, directory, connections);
    try {
      return await work(arena);
    } finally {
      await arena.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }

  test('eight rounds: as many credits as there are tens, no gap, an intact chain', async () => {
    const tally = await inArena(CONNECTIONS, (arena) => raceInProcess(arena, 8));
    expect(tally).toMatchObject({ rounds: 8, gaps: 0, brokenChains: 0, wrongCredits: 0, wrongNotices: 0 });
    expect(isExact(tally)).toBe(true);
    expect(tally.credits).toBeGreaterThan(8);
  }, 120_000);

  test('a round whose process is killed in the midst of it', async () => {
    const tally = await inArena(4, (arena) => raceWithKill(arena, 1, FROM_SOURCE));
    expect(tally.cutOff).toBeGreaterThan(0);
    expect(isExact(tally)).toBe(true);
  }, 180_000);

  test('a credit too many is found', async () => {
    const tally = await inArena(CONNECTIONS, async (arena) => {
      await arena.db.exec(
        `CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN NEW.credits := NEW.credits + 1; RETURN NEW; END $$`,
      );
      await arena.db.exec(
        'CREATE TRIGGER forge BEFORE UPDATE ON ledger_heads FOR EACH ROW WHEN (NEW.sequence = 9) EXECUTE FUNCTION forge()',
      );
      return raceInProcess(arena, 2);
    });
    expect(isExact(tally)).toBe(false);
  }, 120_000);
});
