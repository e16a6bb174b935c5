import { execFileSync } from 'node:child_process';
import type { Place } from './own-servers.js';

/** A network namespace of its own, reached over a cable that can be pulled out. */
export type Segment = Place &
  Readonly<{
    /** Lets no packet through, either way, until it is plugged in again: nobody is told. */
    unplug(unplugged: boolean): void;
    remove(): void;
  }>;

const ip = (...args: string[]) => void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** Addresses of segments, 10.199.X.Y/30: X is this process's, so that several storms pass each other by. */
const third = process.pid % 256;

/**
 * Makes a network namespace.
 * @param nth 0 to 63, another for each segment of this process
 * @returns undefined where this process may not (it needs CAP_NET_ADMIN and CAP_SYS_ADMIN)
 */
export function openSegment(nth: number): Segment | undefined {
  const name = `storm-${process.pid}-${nth}`;
  const [outside, inside] = [`cr${process.pid}o${nth}`, `cr${process.pid}i${nth}`];
  const [near, host] = [`10.199.${third}.${nth * 4 + 1}`, `10.199.${third}.${nth * 4 + 2}`];
  const within = (...args: string[]) => ip('-n', name, ...args);
  const remove = () => {
    for (const args of [
      ['link', 'del', outside],
      ['netns', 'del', name],
    ]) {
      try {
        ip(...args);
      } catch {
        // It was not made, or is gone.
      }
    }
  };
  try {
    ip('netns', 'add', name);
    ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', name);
    ip('addr', 'add', `${near}/30`, 'dev', outside);
    ip('link', 'set', outside, 'up');
    within('addr', 'add', `${host}/30`, 'dev', inside);
    within('link', 'set', inside, 'up');
    within('link', 'set', 'lo', 'up');
  } catch {
    remove();
    return undefined;
  }
  return {
    host,
    enter: ['ip', 'netns', 'exec', name],
    unplug: (unplugged) => within('link', 'set', inside, unplugged ? 'down' : 'up'),
    remove,
  };
}
