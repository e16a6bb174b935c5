import type { Request, Response } from 'express';
import { type BrowserHash, SIGN_IN_LIFETIME } from '../company/members.js';
import type { Deps } from '../deps.js';
import { digest } from '../keys.js';
import { cookieOptions, readCookie } from './cookies.js';

const COOKIE = 'cr_browser';
/** Base64url of 32 bytes: what we gave out ourselves. */
const OURS = /^[\w-]{43}$/;

/** The browser that asks, by a cookie that lasts as long as a link; undefined where it has none. */
export function browserOf(request: Pick<Request, 'headers'>): BrowserHash | undefined {
  const token = readCookie(request, COOKIE);
  return token !== undefined && OURS.test(token) ? digest(token) : undefined;
}

/** Marks the browser that asks for a link. One that asks again keeps its mark: the link before works as well. */
export function markBrowser(deps: Deps, request: Pick<Request, 'headers'>, response: Response): BrowserHash {
  const held = readCookie(request, COOKIE);
  const token = held !== undefined && OURS.test(held) ? held : deps.randomBytes(32).toString('base64url');
  response.cookie(COOKIE, token, { ...cookieOptions(deps), maxAge: SIGN_IN_LIFETIME });
  return digest(token);
}
