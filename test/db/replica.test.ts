import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canOwnServers, type FreezableServer, ownPostgres, ownReplica } from '../../scripts/own-servers.js';
import { type Db, openPostgres } from '../../src/db/db.js';
import { LAG_AT_MOST, lagOf, openReads, type Reads } from '../../src/db/replica.js';
import { TestTimer } from '../harness/timer.js';

describe('how far a replica is behind', () => {
  const seen = [
    { at: 1_000, place: 10n },
    { at: 2_000, place: 20n },
    { at: 3_000, place: 30n },
  ];
  test('nothing, when it has replayed all that was seen of its primary, however long ago', () => {
    expect(lagOf(seen, 30n, 9_000)).toBe(0);
    expect(lagOf([], 5n, 9_000)).toBe(0);
  });
  test('since the newest moment of which it has everything', () => {
    expect(lagOf(seen, 25n, 9_000)).toBe(7_000);
  });
  test('since the oldest that is remembered, when it has not even that', () => {
    expect(lagOf(seen, 5n, 9_000)).toBe(8_000);
  });
});

const describeReplica = process.env.TEST_DATABASE_URL && canOwnServers() ? describe : describe.skip;

describeReplica('reads with a streaming replica', () => {
  const timer = new TestTimer();
  const moves: string[] = [];
  let directory: string;
  const servers: { primary?: FreezableServer; replica?: FreezableServer } = {};
  let [primary, reads]: [Db?, Reads?] = [];
  let now = 0;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'career-relay-replica-'));
    chmodSync(directory, 0o755);
    servers.primary = await ownPostgres(directory);
    const second = join(directory, 'second');
    mkdirSync(second);
    servers.replica = await ownReplica(servers.primary, second);
    primary = openPostgres(servers.primary.url, 2);
    await primary.exec('CREATE TABLE notes (text text)');
    const replica = openPostgres(servers.replica!.url, 2);
    reads = openReads(
      primary,
      replica,
      timer.timer,
      (to) => moves.push(to),
      () => now,
    );
  }, 60_000);
  afterAll(async () => {
    await reads?.close();
    await primary?.close();
    await servers.replica?.stop();
    await servers.primary?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Lets it look until it reads where it is wanted to. */
  async function until(place: 'primary' | 'replica'): Promise<void> {
    while (reads!.place() !== place) {
      timer.pass(1_000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  const isReplica = async () =>
    (await reads!.query<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica'))[0]!.replica;

  test('go there once it is near its primary', async () => {
    await until('replica');
    expect(await isReplica()).toBe(true);
  });
  test('come back when it falls behind, and go there again when it has caught up', async () => {
    const pause = openPostgres(servers.replica!.url, 1);
    await pause.query('SELECT pg_wal_replay_pause()');
    await primary!.query(`INSERT INTO notes VALUES ('written while the replica stands still')`);
    // Seen at this moment, and not replayed when it is that long ago.
    timer.pass(1_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    now += LAG_AT_MOST + 1_000;
    await until('primary');
    expect(await isReplica()).toBe(false);
    await pause.query('SELECT pg_wal_replay_resume()');
    await until('replica');
    expect(await reads!.query('SELECT text FROM notes')).toHaveLength(1);
    await pause.close();
  });
  test('are answered by the primary when it is gone, that very read too', async () => {
    expect(reads!.place()).toBe('replica');
    await servers.replica!.stop();
    expect(await isReplica()).toBe(false);
    expect(reads!.place()).toBe('primary');
    await servers.replica!.start();
    await until('replica');
    expect(moves).toEqual(['replica', 'primary', 'replica', 'primary', 'replica']);
  });
});
