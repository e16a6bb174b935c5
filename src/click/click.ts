import { join } from 'node:path';
import type { Db } from '../db/db.js';
import type { Deps } from '../deps.js';
import type { RedisStore } from '../redis.js';
import { createBatcher, type GiveUp, systemTimer, type Timer } from './batch.js';
import { createDestinations } from './destination.js';
import { layerSpools } from './layered-spool.js';
import { Lru } from './lru.js';
import type { RedisLinks } from './redis-links.js';
import { createRedisSpool } from './redis-spool.js';
import { createReplay } from './replay.js';
import { openSpool } from './spool.js';
import { type Click, type Found, type LookupBy, recordClicks } from './store.js';

/** Where the visitor goes: on to `location`, or nowhere, since no link is named so. */
export type Answer = Readonly<{ kind: 'redirect'; location: string } | { kind: 'unknown' }>;

/** Milliseconds that the store has, from the request to the end of the commit. */
export const STORE_DEADLINE = 150;
/**
 * Batches under way at once, a kind of lookup. PostgreSQL: one is worked on, one waits for the disk, one is answered; more
 * make smaller batches, which cost both sides more a click. The embedded database does one thing at a time.
 */
export const IN_FLIGHT: Readonly<Record<Db['engine'], number>> = { postgres: 3, pglite: 1 };
const BATCH_SIZE = 256;
/** Links remembered for the time when the store is away; only those whose destination the code alone does not tell. */
const REMEMBERED = 20_000;

type Item = Readonly<{ click: Click; answer: (answer: Answer) => void }>;
type Remembered = Readonly<{ code: string; destinationUrl: string | null }>;

export type ClickDeps = Pick<Deps, 'config' | 'clock' | 'events' | 'newId' | 'live'> & Readonly<{ db: Db }>;

const UNKNOWN: Answer = { kind: 'unknown' };

/**
 * The click path: resolve and record in one statement, then redirect. When the store is late or away the visitor is
 * sent on all the same, and the click waits in the spool.
 * @param redis what a fleet remembers, and keeps, while the store is away
 */
export async function createClicks(
  deps: ClickDeps,
  timer: Timer = systemTimer,
  redis?: Readonly<{ store: RedisStore; links: RedisLinks }>,
) {
  const { db, events, config } = deps;
  const destinations = createDestinations(config.destinationUrl, config.baseUrl);
  const remembered = new Lru<string, Remembered>(REMEMBERED);
  const spool = layerSpools({
    redis: redis && createRedisSpool(redis.store, deps.newId()),
    file: await openSpool(join(config.dataDir, 'spool'), deps.newId),
    events,
    timer,
    clock: deps.clock,
  });
  /** Links that Redis was told of lately. */
  const told = new Lru<string, true>(REMEMBERED);
  const replay = createReplay(deps, spool, timer);

  function settle(items: readonly Item[], found: readonly Found[]): void {
    const now = deps.clock().getTime();
    const known = new Uint8Array(items.length);
    for (const link of found) {
      const counts: Record<string, number> = {};
      for (const place of link.places) {
        const { click, answer } = items[place]!;
        const { visitorClass } = click.visitor;
        known[place] = 1;
        counts[visitorClass] = (counts[visitorClass] ?? 0) + 1;
        answer(redirectTo(click, link));
        events.clickTimed('recorded', click.id, click.at, now);
      }
      for (const [visitorClass, count] of Object.entries(counts)) events.clicksRecorded(visitorClass, count);
      if (redis) tell(redis.links, items, link);
      // One event a company and batch, however many clicks it has.
      deps.live.publish({ kind: 'clicks', companyId: link.companyId, counts });
    }
    for (let place = 0; place < items.length; place += 1) {
      if (known[place] === 1) continue;
      events.unknownCode();
      items[place]!.answer(UNKNOWN);
    }
  }

  function redirectTo(click: Click, { code, destinationUrl }: Found): Answer {
    const named = code ?? click.key;
    if (click.by !== 'code' || destinationUrl !== null) {
      remembered.set(nameOf(click), { code: named, destinationUrl });
    }
    return { kind: 'redirect', location: destinations.locate(destinationUrl, named, click.id) };
  }

  function tell(links: RedisLinks, items: readonly Item[], { companyId, code, places }: Found): void {
    const codes = places.map((place) => code ?? items[place]!.click.key);
    const fresh = codes.filter((one) => told.get(one) === undefined);
    for (const one of fresh) told.set(one, true);
    if (fresh.length > 0) links.keepLinks(companyId, fresh);
  }

  /** Where a click leads without the store. A slug is no code: an unremembered one leads to the front page. */
  async function locateWithout(click: Click): Promise<string> {
    const link = (await redis?.links.find(click)) ?? remembered.get(nameOf(click));
    if (link) return destinations.locate(link.destinationUrl, link.code, click.id);
    return click.by === 'slug' ? destinations.front : destinations.locate(null, click.key, click.id);
  }

  async function failOpen(items: readonly Item[], reason: GiveUp, error?: unknown): Promise<void> {
    events.clickFallback(reason, items.length, error);
    const locations = Promise.all(items.map(({ click }) => locateWithout(click)));
    const kept = await Promise.allSettled(items.map(({ click }) => spool.append(click)));
    const lost = kept.filter((result) => result.status === 'rejected');
    if (lost.length > 0) events.clicksLost(lost.length, lost[0]!.reason);
    for (const [index, location] of (await locations).entries()) {
      const { click, answer } = items[index]!;
      answer({ kind: 'redirect', location });
      events.clickTimed('fallback', click.id, click.at, deps.clock().getTime());
    }
    replay.schedule();
  }

  function batcherFor(by: LookupBy) {
    return createBatcher<Item>({
      inFlight: IN_FLIGHT[db.engine],
      size: BATCH_SIZE,
      deadline: STORE_DEADLINE,
      timer,
      inThread: db.engine === 'pglite',
      async run(items) {
        const found = await recordClicks(
          db,
          by,
          items.map(({ click }) => click),
        );
        return () => settle(items, found);
      },
      giveUp: (items, reason, error) => void failOpen(items, reason, error),
    });
  }
  const add: Readonly<Record<LookupBy, (item: Item) => void>> = {
    code: batcherFor('code'),
    host: batcherFor('host'),
    slug: batcherFor('slug'),
  };

  return {
    /** Where somebody without a link may go on. */
    front: destinations.front,
    /** Calls `answer` once, when the click is committed, or spooled, or known to be for no link. */
    follow(click: Click, answer: (answer: Answer) => void): void {
      add[click.by]({ click, answer });
    },
    /** Whether clicks wait for the store. */
    hasSpooled: () => spool.pending(),
    /** Begins to bring back what an earlier run left in the spool. */
    start(): void {
      replay.schedule();
    },
    /** Call when no request is under way. What is spooled stays for the next start. */
    async close(): Promise<void> {
      await replay.stop();
      await spool.close();
    },
  };
}

export type Clicks = Awaited<ReturnType<typeof createClicks>>;

function nameOf(click: Click): string {
  return click.by === 'host' ? `${click.host}/${click.key}` : `${click.by}/${click.key}`;
}
