/**
 * Ends the server with `kill -9` under load, again and again, and counts: every click that was answered is in the
 * database, none twice. `npm run kill:redirect -- [--times N] [--engine pglite|postgres]`; PostgreSQL needs
 * BENCH_DATABASE_URL or TEST_DATABASE_URL.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBenchDatabase } from './bench-database.js';
import { killUnderLoad } from './kill-rounds.js';

const { values: options } = parseArgs({
  options: { times: { type: 'string', default: '10' }, engine: { type: 'string' } },
});

const databaseUrl = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;

async function run(engine: 'pglite' | 'postgres'): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-kill-'));
  const bench = await openBenchDatabase(engine, databaseUrl, directory, { links: 10_000, clicks: 0 });
  try {
    const tally = await killUnderLoad(bench, Number(options.times));
    const { kills, answered, recorded, missing } = tally;
    console.log(`${engine}: ${kills} kills, ${answered} answered, ${recorded} recorded, ${missing} missing`);
    return missing === 0;
  } finally {
    await bench.drop();
    rmSync(directory, { recursive: true, force: true });
  }
}

for (const engine of ['pglite', 'postgres'] as const) {
  if (options.engine && options.engine !== engine) continue;
  if (engine === 'postgres' && !databaseUrl) continue;
  if (!(await run(engine))) process.exitCode = 1;
}
