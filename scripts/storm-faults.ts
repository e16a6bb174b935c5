import { setTimeout as delay } from 'node:timers/promises';
import type { FreezableServer } from './own-servers.js';
import type { Ground, Member } from './storm-ground.js';

/** Something that is taken away from the program for a while. */
type Fault = Readonly<{
  /** Two faults of one target are never at once. */
  target: string;
  what: string;
  strike(): Promise<void> | void;
  heal(): Promise<void> | void;
}>;

export type Struck = Readonly<{ at: number; what: string; seconds: number }>;

/** Uniform numbers in [0, 1) that the seed alone decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SKEWS = [-10_800, -600, -30, 30, 600, 10_800];

function memberFaults(member: Member, random: () => number): Fault[] {
  const { name, disk, clock } = member;
  const target = name;
  const faults: Fault[] = [
    { target, what: `${name} killed (-9)`, strike: () => member.kill(), heal: () => member.start() },
    {
      target,
      what: `${name} stopped (TERM)`,
      strike: () => member.kill('SIGTERM'),
      heal: () => member.start(),
    },
    {
      target,
      what: `${name} held (STOP)`,
      strike: () => member.freeze(true),
      heal: () => member.freeze(false),
    },
  ];
  if (disk) {
    const fill = (full: boolean) => () => disk.fill(full);
    faults.push({ target, what: `disk of ${name} full`, strike: fill(true), heal: fill(false) });
  }
  if (clock) {
    const seconds = SKEWS[Math.floor(random() * SKEWS.length)]!;
    const skew = (by: number) => () => clock.skew(by);
    faults.push({
      target,
      what: `clock of ${name} wrong by ${seconds} s`,
      strike: skew(seconds),
      heal: skew(0),
    });
  }
  return faults;
}

function serverFaults(target: string, server: FreezableServer): Fault[] {
  return [
    { target, what: `${target} killed`, strike: () => server.stop(), heal: () => server.start() },
    {
      target,
      what: `${target} held (STOP)`,
      strike: () => server.freeze(true),
      heal: () => server.freeze(false),
    },
  ];
}

function faultsOf({ members, postgres, redis, sink, segments }: Ground, random: () => number): Fault[] {
  const cables = Object.entries(segments).map(([target, segment]): Fault => {
    const unplug = (unplugged: boolean) => () => segment.unplug(unplugged);
    return { target, what: `network to ${target} down`, strike: unplug(true), heal: unplug(false) };
  });
  const upstream: Fault[] = [
    { target: 'upstream', what: 'upstream killed (-9)', strike: () => sink.kill(), heal: () => sink.start() },
    {
      target: 'upstream',
      what: 'upstream held (STOP)',
      strike: () => sink.freeze(true),
      heal: () => sink.freeze(false),
    },
  ];
  return [
    ...members.flatMap((member) => memberFaults(member, random)),
    ...serverFaults('postgres', postgres),
    ...serverFaults('redis', redis),
    ...upstream,
    ...cables,
  ];
}

/** Faults at once. */
const LANES = 2;
/** Seconds that a fault lasts, and that its lane is quiet afterwards. */
const LASTS = { least: 0.3, most: 4 };
const QUIET = { least: 0.3, most: 2 };

/**
 * Strikes at random until `ended`, then heals all.
 * @param tell hears of each fault as it strikes
 */
export async function strike(
  ground: Ground,
  seed: number,
  ended: () => boolean,
  tell: (struck: Struck) => void,
): Promise<void> {
  const began = performance.now();
  const taken = new Set<string>();

  async function lane(_: unknown, nth: number): Promise<void> {
    const random = seeded(seed + nth);
    const between = ({ least, most }: { least: number; most: number }) => least + random() * (most - least);
    while (!ended()) {
      const free = faultsOf(ground, random).filter(({ target }) => !taken.has(target));
      const fault = free[Math.floor(random() * free.length)]!;
      const [seconds, quiet] = [between(LASTS), between(QUIET)];
      taken.add(fault.target);
      tell({ at: (performance.now() - began) / 1_000, what: fault.what, seconds });
      await fault.strike();
      await delay(seconds * 1_000);
      await fault.heal();
      taken.delete(fault.target);
      await delay(quiet * 1_000);
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane));
}
