import { setImmediate as tick } from 'node:timers/promises';
import { layerSpools } from '../../src/click/layered-spool.js';
import type { RedisSpool } from '../../src/click/redis-spool.js';
import type { Spool } from '../../src/click/spool.js';
import type { Click } from '../../src/click/store.js';
import { classifyVisitor, readAgent } from '../../src/click/visitor.js';
import { quietEvents } from '../harness/quiet.js';
import { TestTimer } from '../harness/timer.js';

const visitor = classifyVisitor('GET', {}, readAgent('Mozilla/5.0'));

function click(id: string): Click {
  return { id, by: 'code', key: 'bcdfghjk23', host: '', at: 0, visitor, visitorHash: '', asn: null };
}

/** A place for clicks that takes or refuses them as the test says. */
function place() {
  const kept: Click[] = [];
  const state = { refuses: false, durable: true };
  const spool: RedisSpool = {
    durable: () => state.durable,
    append: async (one) => {
      if (state.refuses) throw new Error('refused');
      kept.push(one);
    },
    drain: async (replay) => {
      const taken = kept.splice(0);
      await replay(taken);
      return taken.length;
    },
    pending: () => kept.length > 0,
    close: async () => {},
  };
  return { spool, state, ids: () => kept.map(({ id }) => id) };
}

const lost: number[] = [];
const events = { ...quietEvents(), clicksLost: (count: number) => void lost.push(count) };
const timer = () => () => {};
const clock = () => new Date(1_000);

async function drained(spool: Spool): Promise<string[]> {
  const ids: string[] = [];
  await spool.drain(async (clicks) => void ids.push(...clicks.map(({ id }) => id)));
  return ids;
}

describe('where a click waits', () => {
  let redis: ReturnType<typeof place>;
  let file: ReturnType<typeof place>;
  let spool: Spool;
  beforeEach(() => {
    lost.length = 0;
    redis = place();
    file = place();
    spool = layerSpools({ redis: redis.spool, file: file.spool, events, timer, clock, heldAtMost: 2 });
  });

  test('in Redis alone, when Redis keeps what it acknowledges', async () => {
    await spool.append(click('a'));
    expect([redis.ids(), file.ids()]).toEqual([['a'], []]);
  });

  test('in both, when Redis would forget it over a restart', async () => {
    redis.state.durable = false;
    await spool.append(click('a'));
    expect([redis.ids(), file.ids()]).toEqual([['a'], ['a']]);
  });

  test('in the file, when Redis is away', async () => {
    redis.state.refuses = true;
    await spool.append(click('a'));
    expect([redis.ids(), file.ids()]).toEqual([[], ['a']]);
  });

  test.each([
    [1_000, 200],
    [950, 150],
    [850, 50],
    [0, 50],
  ])(
    'a click at %s has the disk for %s ms at the time 1000, and is held in memory then',
    async (at, left) => {
      const time = new TestTimer();
      const slow: Spool = { ...file.spool, append: () => new Promise(() => {}) };
      spool = layerSpools({ file: slow, events, timer: time.timer, clock });
      const kept = spool.append({ ...click('a'), at });
      while (time.size === 0) await tick();
      time.pass(left - 1);
      expect(time.size).toBe(1);
      time.pass(left);
      await kept;
      expect(await drained(spool)).toEqual(['a']);
    },
  );

  test('in memory, when neither takes it; what is more than memory takes is refused', async () => {
    redis.state.refuses = true;
    file.state.refuses = true;
    await spool.append(click('a'));
    await spool.append(click('b'));
    await expect(spool.append(click('c'))).rejects.toThrow('refused');
    expect(spool.pending()).toBe(true);
    expect(await drained(spool)).toEqual(['a', 'b']);
    expect(spool.pending()).toBe(false);
  });

  test('what comes while memory is handed over stays for the next time, and so does what was not taken', async () => {
    file.state.refuses = redis.state.refuses = true;
    await spool.append(click('a'));
    await expect(
      spool.drain(async () => {
        await spool.append(click('b'));
        throw new Error('away');
      }),
    ).rejects.toThrow('away');
    expect(await drained(spool)).toEqual(['a', 'b']);
  });

  test('at the end memory goes to the file; what the file refuses is lost, and counted', async () => {
    file.state.refuses = redis.state.refuses = true;
    await spool.append(click('a'));
    file.state.refuses = false;
    await spool.close();
    expect([file.ids(), lost]).toEqual([['a'], []]);

    file.state.refuses = true;
    const other = layerSpools({ file: file.spool, events, timer, clock });
    await other.append(click('b'));
    await other.close();
    expect(lost).toEqual([1]);
  });
});
