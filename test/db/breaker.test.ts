import { setImmediate as tick } from 'node:timers/promises';
import { breakCircuit } from '../../src/db/breaker.js';
import type { Db } from '../../src/db/db.js';
import { openTestDatabase } from '../harness/database.js';
import { TestTimer } from '../harness/timer.js';

/** A real database behind a switch that counts who gets through to it. */
function switchable(db: Db) {
  const state = { fault: undefined as Error | undefined, asked: 0 };
  const query: Db['query'] = async (...asked) => {
    state.asked += 1;
    if (state.fault) throw state.fault;
    return db.query(...asked);
  };
  const transaction: Db['transaction'] = async (work) => {
    state.asked += 1;
    if (state.fault) throw state.fault;
    return db.transaction(work);
  };
  return { state, db: { ...db, query, transaction } satisfies Db };
}

const AWAY = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

describe('circuit breaker', () => {
  let db: Db;
  let world: ReturnType<typeof switchable>;
  let time: TestTimer;
  let guarded: Db;
  beforeAll(async () => {
    ({ db } = await openTestDatabase('pglite'));
  });
  afterAll(() => db.close());
  beforeEach(() => {
    world = switchable(db);
    time = new TestTimer();
    guarded = breakCircuit(world.db, time.timer);
  });

  const ask = () => guarded.query('SELECT 1 AS one');

  test('once the database is away, nobody asks it but one small question at a time', async () => {
    world.state.fault = AWAY;
    for (let statement = 0; statement < 5; statement += 1) await expect(ask()).rejects.toBe(AWAY);
    expect(world.state.asked).toBe(1);
    for (let look = 2; look <= 4; look += 1) {
      time.pass(250);
      expect(world.state.asked).toBe(look);
      while (time.size === 0) await tick();
    }
    expect(time.size).toBe(1);
  });

  test('a transaction finds it out as a statement does, and is spared as one is', async () => {
    const change = () => guarded.transaction((tx) => tx.query('SELECT 1 AS one'));
    world.state.fault = AWAY;
    await expect(change()).rejects.toBe(AWAY);
    await expect(change()).rejects.toBe(AWAY);
    await expect(ask()).rejects.toBe(AWAY);
    expect(world.state.asked).toBe(1);
  });

  test('when it answers, statements go through again', async () => {
    world.state.fault = AWAY;
    await expect(ask()).rejects.toBe(AWAY);
    world.state.fault = undefined;
    await expect(ask()).rejects.toBe(AWAY);
    time.pass(250);
    for (;;) {
      const rows = await ask().catch(() => tick());
      if (rows) break;
    }
    expect(await ask()).toEqual([{ one: 1 }]);
    expect(time.size).toBe(0);
  });

  test('any other fault breaks nothing', async () => {
    await expect(guarded.query('SELECT nonsense')).rejects.toThrow('nonsense');
    expect(await ask()).toEqual([{ one: 1 }]);
    expect(time.size).toBe(0);
  });
});
