import type { Request, Response } from 'express';
import type { Locale } from '../company/store.js';
import type { Deps } from '../deps.js';
import { localeOf } from './page.js';

const YEAR = 365 * 86_400_000;

/** The value of one cookie (RFC 6265 §5.4); our own values need no decoding. */
export function readCookie(request: Pick<Request, 'headers'>, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** What every cookie of ours has: out of scripts' reach, not sent by other sites' forms, https where we have it. */
export function cookieOptions(deps: Pick<Deps, 'config'>) {
  return {
    httpOnly: true,
    sameSite: 'lax',
    secure: deps.config.baseUrl.startsWith('https:'),
    path: '/',
  } as const;
}

/**
 * The language of a page: `?lang=` (kept in a cookie from then on), the cookie, the person's own, the browser's.
 * @param own the signed-in person's locale
 */
export function chosenLocale(
  deps: Deps,
  request: Pick<Request, 'headers' | 'query'>,
  response: Response,
  own?: Locale,
): Locale {
  const asked = request.query.lang;
  if (asked === 'ja' || asked === 'en') {
    response.cookie('cr_lang', asked, { ...cookieOptions(deps), maxAge: YEAR });
    return asked;
  }
  return localeOf(readCookie(request, 'cr_lang') ?? own, request.headers['accept-language']);
}
