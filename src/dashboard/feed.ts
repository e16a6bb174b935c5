import { type NextFunction, type Request, type Response, Router } from 'express';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { z } from 'zod';
import { type Company, findCompany } from '../company/store.js';
import type { Db } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { digest } from '../keys.js';
import type { Limiter } from '../limiter.js';
import { forEverybody } from '../web/access.js';
import { csvOf, exportTable, figuresTable, type Table } from './export-tables.js';
import { type Feed, findFeed, noteRead } from './feed-store.js';
import { standingOf } from './stats.js';

/** What a feed tells, in counts alone. */
export const FEED_TABLES = ['daily', 'jobs', 'stages', 'sources', 'registrations', 'standing'] as const;
export type FeedTable = (typeof FEED_TABLES)[number];

const feedPath = z.object({ table: z.enum(FEED_TABLES), format: z.enum(['csv', 'json']) });

/** Seconds for which a reader may keep an answer. Google asks again about every hour by itself. */
const FRESH = 300;
/** Milliseconds between two notes that a feed was read. */
const NOTED_EVERY = 3_600_000;

/** By feed against scripts gone wild; by network address against guessing. */
const READS = { name: 'feed-reads', points: 60, duration: 60 };
const GUESSES = { name: 'feed-guesses', points: 30, duration: 900 };

async function standingTable(db: Db, company: Company, now: Date): Promise<Table> {
  const { referrals, credits } = await standingOf(db, company.id, now);
  const figures: Record<string, number> = {
    referrals_counted: referrals.counted,
    threshold: referrals.threshold,
    towards_next: referrals.towardsNext,
    remaining: referrals.remaining,
    credits_earned: credits.earned,
    credits_redeemed: credits.redeemed,
    credits_expired: credits.expired,
    credits_revoked: credits.revoked,
    credits_available: credits.available,
  };
  const columns = Object.keys(figures).map((name) => ({ name, kind: 'number' as const }));
  return {
    columns,
    async *batches() {
      yield [Object.values(figures)];
    },
  };
}

async function tableOf(deps: Deps, company: Company, name: FeedTable): Promise<Table> {
  const { db } = deps;
  const range = { from: '-infinity', to: 'infinity', timeZone: company.timeZone };
  switch (name) {
    case 'daily':
      return figuresTable(db, company.id, range, 'day');
    case 'jobs':
      return figuresTable(db, company.id, range, 'job');
    case 'stages':
      return figuresTable(db, company.id, range, 'stage');
    case 'sources':
      return figuresTable(db, company.id, range, 'source');
    case 'registrations':
      return exportTable(db, company, 'registrations', {});
    case 'standing':
      return standingTable(db, company, deps.clock());
  }
}

async function textOf(table: Table): Promise<string> {
  let text = '';
  for await (const part of csvOf(table)) text += part;
  return text;
}

/** Each row as an object by the names of its columns: what Looker Studio and Power Query take for a table. */
async function rowsOf({ columns, batches }: Table): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for await (const batch of batches()) {
    for (const row of batch)
      rows.push(Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null])));
  }
  return rows;
}

/** @throws AppError `too_many_requests`, with the seconds to wait in Retry-After */
async function spend(limiter: Limiter, key: string, response: Response): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    response.setHeader('Retry-After', String(Math.ceil(refusal.msBeforeNext / 1_000)));
    throw new AppError('too_many_requests', 'read less often: a feed changes every few minutes at most');
  }
}

async function opened(
  deps: Deps,
  limits: Readonly<{ reads: Limiter; guesses: Limiter }>,
  request: Request,
  response: Response,
): Promise<Feed> {
  const token = String(request.params.token);
  const guessed = await limits.guesses.get(request.ip ?? '');
  if (guessed && guessed.remainingPoints <= 0) await spend(limits.guesses, request.ip ?? '', response);
  const feed = await findFeed(deps.db, token);
  if (!feed) {
    await spend(limits.guesses, request.ip ?? '', response);
    throw new AppError('not_found', 'no such feed: it may have been revoked, or its address changed');
  }
  await spend(limits.reads, digest(token).toString('base64'), response);
  return feed;
}

/**
 * `/feeds/{token}/{table}.csv|.json`: counts for spreadsheets, which can send no key. The secret in the address opens
 * these tables of one company and nothing else, and only to be read.
 */
export function feedRoutes(deps: Deps): Router {
  const limits = { reads: deps.limiters.exact(READS), guesses: deps.limiters.exact(GUESSES) };
  const router = Router();
  router.get(
    '/feeds/:token/:table.:format',
    forEverybody('feed'),
    async (request: Request, response: Response, _next: NextFunction) => {
      response.set({ 'Referrer-Policy': 'no-referrer', 'X-Robots-Tag': 'noindex' });
      const feed = await opened(deps, limits, request, response);
      const path = feedPath.safeParse(request.params);
      if (!path.success)
        throw new AppError('not_found', `no such table: ${FEED_TABLES.join(', ')} as csv or json`);
      const company = await findCompany(deps.db, feed.companyId);
      if (!company) throw new AppError('not_found', 'no such feed');
      const now = deps.clock();
      if (!feed.lastReadAt || now.getTime() - feed.lastReadAt.getTime() > NOTED_EVERY) {
        await noteRead(deps.db, feed.id, now);
      }
      const table = await tableOf(deps, company, path.data.table);
      response.setHeader('Cache-Control', `private, max-age=${FRESH}`);
      // `send` adds the ETag, and answers 304 to who has it already.
      if (path.data.format === 'csv') {
        response.type('text/csv; charset=utf-8').send(await textOf(table));
        return;
      }
      response.json(await rowsOf(table));
    },
  );
  return router;
}
