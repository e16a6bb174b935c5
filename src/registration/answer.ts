import type { Request, Response } from 'express';
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { Locale } from '../company/store.js';
import type { Deps } from '../deps.js';
import type { Limiter } from '../limiter.js';
import { localeOf } from '../web/page.js';
import type { Frame } from './frame.js';

/** The language that the visitor chose, else the browser's. */
export function localeFor(request: Request): Locale {
  const body = request.body as Record<string, unknown> | undefined;
  return localeOf(body?.lang ?? request.query.lang, request.headers['accept-language']);
}

/** An address of ours with what must be carried along. */
export function urlOf(path: string, carried: Readonly<Record<string, string | null | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(carried)) if (value) query.set(name, value);
  return query.size > 0 ? `${path}?${query}` : path;
}

/** @param carried what the same page in the other language needs */
export function frameOf(
  deps: Deps,
  locale: Locale,
  path: string,
  carried: Record<string, string | null> = {},
): Frame {
  const other = locale === 'ja' ? 'en' : 'ja';
  return { locale, agency: deps.config.agency, switchTo: urlOf(path, { ...carried, lang: other }) };
}

/** Sends a page of the candidate. */
export function send(response: Response, status: number, html: string): void {
  // Nothing of a candidate stays in a cache, and the address of the page is a secret of theirs.
  response
    .status(status)
    .set({ 'Cache-Control': 'no-store', Vary: 'Accept-Language' })
    .type('html')
    .send(html);
}

/** @returns seconds to wait; 0: go on */
export async function waitOf(limiter: Limiter, network: string): Promise<number> {
  try {
    await limiter.consume(network);
    return 0;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return Math.ceil(refused.msBeforeNext / 1000);
    throw refused;
  }
}
