import { type Stoppable, stopInTime } from '../src/stop.js';

describe('a stop', () => {
  function part(close: () => Promise<void>): Stoppable & { said: string[] } {
    const said: string[] = [];
    return {
      said,
      retire: () => void said.push('retire'),
      close: () => {
        said.push('close');
        return close();
      },
    };
  }

  test('says so to every part before it closes any, and ends when all are closed', async () => {
    const order: string[] = [];
    const parts = ['one', 'other'].map((name) => ({
      retire: () => void order.push(`${name} retires`),
      close: async () => void order.push(`${name} closes`),
    }));
    expect(await stopInTime(parts, 0)).toBe('stopped');
    expect(order).toEqual(['one retires', 'other retires', 'one closes', 'other closes']);
  });

  test('has a hard limit', async () => {
    const stuck = part(() => new Promise(() => {}));
    expect(await stopInTime([stuck], 0, 50)).toBe('late');
    expect(stuck.said).toEqual(['retire', 'close']);
  });
});
