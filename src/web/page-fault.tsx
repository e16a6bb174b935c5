import type { NextFunction, Request, Response } from 'express';
import type { Locale } from '../company/store.js';
import { AppError, type ErrorCode, statusOf } from '../errors.js';
import { readCookie } from './cookies.js';
import { localeOf, renderPage } from './page.js';
import { homeOf, type Session } from './session.js';

const ja = {
  forbidden: 'このページは開けません',
  forbiddenHint: '権限がないか、画面が古くなっています。戻って読み込み直してください。',
  notFound: 'ページが見つかりません',
  notFoundHint: 'アドレスをご確認ください。',
  home: 'はじめの画面へ',
};
const en: typeof ja = {
  forbidden: 'This page cannot be opened',
  forbiddenHint: 'You may lack the role for it, or the page was too old. Go back and reload.',
  notFound: 'Page not found',
  notFoundHint: 'Please check the address.',
  home: 'To your start page',
};
const words: Readonly<Record<Locale, typeof ja>> = { ja, en };

/** Says what is wrong in a sentence and gives a way on. */
function faultPage(locale: Locale, code: ErrorCode, home: string): string {
  const w = words[locale];
  const missing = code === 'not_found';
  const title = missing ? w.notFound : w.forbidden;
  return renderPage({
    title: `${title} – Career Relay`,
    locale,
    styles: ['sign-in.css'],
    body: (
      <main class="gate">
        <h1>{title}</h1>
        <p>{missing ? w.notFoundHint : w.forbiddenHint}</p>
        <p>
          <a class="button" href={home}>
            {w.home}
          </a>
        </p>
      </main>
    ),
  });
}

/** Faults of a page are shown as a page; what we did not expect goes on to the one place that logs it. */
export function pageFaults(error: unknown, request: Request, response: Response, next: NextFunction): void {
  if (!(error instanceof AppError) || response.headersSent) {
    next(error);
    return;
  }
  const who = response.locals.session as Session | undefined;
  const home = who ? homeOf(who.member.role) : '/sign-in';
  const locale = localeOf(readCookie(request, 'cr_lang') ?? who?.locale, request.headers['accept-language']);
  response.status(statusOf(error.code)).send(faultPage(locale, error.code, home));
}
