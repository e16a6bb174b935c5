import { createLargeBodies } from '../../src/relay/sendgrid-limits.js';

describe('places for large bodies', () => {
  test('who finds none waits his turn; who waits too long is sent away, and takes no place', async () => {
    const waits: (() => void)[] = [];
    const places = createLargeBodies((_milliseconds, run) => {
      waits.push(run);
      return () => void waits.splice(waits.indexOf(run), 1);
    }, 1);
    const first = await places.take();
    const second = places.take();
    const third = places.take();
    waits[0]!();
    expect(await second).toBeUndefined();
    first!();
    first!();
    const leave = await third;
    expect(leave).toBeDefined();
    leave!();
    expect(await places.take()).toBeDefined();
  });
});
