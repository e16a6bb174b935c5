/**
 * Ends the server with `kill -9` under load, again and again, and counts: every click that was answered is in the
 * database, none twice. `npm run kill:redirect -- [--times N] [--engine pglite|postgres]`; PostgreSQL needs
 * BENCH_DATABASE_URL or TEST_DATABASE_URL. It runs the program as built: a round takes a few seconds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBenchDatabase } from './bench-database.js';
import { killUnderLoad, VISITORS } from './kill-rounds.js';
import { BUILT } from './server-process.js';

const { values: options } = parseArgs({
  options: { times: { type: 'string', default: '10' }, engine: { type: 'string' } },
});

const databaseUrl = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;

async function run(engine: 'pglite' | 'postgres'): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-kill-'));
  const bench = await openBenchDatabase(engine, databaseUrl, directory, { links: 10_000, clicks: 0 });
  try {
    const began = performance.now();
    const tally = await killUnderLoad(bench, Number(options.times), BUILT);
    const { kills, answered, recorded, missing } = tally;
    const seconds = (performance.now() - began) / 1_000 / kills;
    console.log(
      `${engine}: ${kills} kills, ${answered} answered, ${recorded} recorded, ${missing} missing; ` +
        `${seconds.toFixed(1)} s a round`,
    );
    return missing === 0 && recorded - answered <= kills * VISITORS;
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
