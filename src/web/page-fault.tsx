import type { NextFunction, Request, Response } from 'express';
import type { Locale } from '../company/store.js';
import { AppError, type ErrorCode, statusOf } from '../errors.js';
import { readCookie } from './cookies.js';
import { localeOf, renderPage } from './page.js';
import { homeOf, type Session } from './session.js';

/** What is wrong, and what one can do. */
type Told = Readonly<{ title: string; hint: string }>;
/** What a person has to know apart: the other faults are his input's. */
type Kind = 'role' | 'stale' | 'missing' | 'input' | 'busy' | 'ours';

const ja: Readonly<Record<Kind, Told>> & Readonly<{ home: string; members: string }> = {
  role: {
    title: 'このページを開く権限がありません',
    hint: 'ご自身の役割では開けないページです。必要なときは、管理者の方に役割の変更をご依頼ください。',
  },
  stale: {
    title: '何も変更していません',
    hint: '画面が古くなっていたか、権限がありません。戻って読み込み直してから、もう一度お試しください。',
  },
  missing: { title: 'ページが見つかりません', hint: 'アドレスをご確認ください。' },
  input: {
    title: 'アドレスか入力に誤りがあります',
    hint: '戻って、もう一度お試しください。何も変更していません。',
  },
  busy: { title: 'ただいま混み合っています', hint: '少し待ってから、もう一度お試しください。' },
  ours: {
    title: 'ページを表示できませんでした',
    hint: 'こちらの不具合です。記録しましたので、少し待ってから、もう一度お試しください。',
  },
  home: 'はじめの画面へ',
  members: '管理者の方を確かめる',
};
const en: typeof ja = {
  role: {
    title: 'You lack the role for this page',
    hint: 'If you need it, please ask an administrator of your company to change your role.',
  },
  stale: {
    title: 'Nothing was changed',
    hint: 'The page was too old, or you lack the role. Go back, reload, and try again.',
  },
  missing: { title: 'Page not found', hint: 'Please check the address.' },
  input: {
    title: 'The address or the input is faulty',
    hint: 'Go back and try again. Nothing was changed.',
  },
  busy: { title: 'Too much is going on', hint: 'Please try again in a moment.' },
  ours: {
    title: 'The page could not be shown',
    hint: 'That is our fault, and it is noted. Please try again in a moment.',
  },
  home: 'To your start page',
  members: 'See who is an administrator',
};
const words: Readonly<Record<Locale, typeof ja>> = { ja, en };

function kindOf(code: ErrorCode, method: string): Kind {
  switch (code) {
    case 'unauthenticated':
    case 'forbidden':
      return method === 'GET' || method === 'HEAD' ? 'role' : 'stale';
    case 'not_found':
    case 'method_not_allowed':
      return 'missing';
    case 'invalid_input':
    case 'conflict':
    case 'too_large':
      return 'input';
    case 'too_many_requests':
    case 'unavailable':
      return 'busy';
    case 'internal':
      return 'ours';
  }
}

/** Says what is wrong in a sentence and gives a way on. */
function faultPage(locale: Locale, kind: Kind, who: Session | undefined): string {
  const w = words[locale];
  const { title, hint } = w[kind];
  const hasColleagues = kind === 'role' && who && who.member.companyId !== null;
  return renderPage({
    title: `${title} – Career Relay`,
    locale,
    styles: ['sign-in.css'],
    body: (
      <main class="gate">
        <h1>{title}</h1>
        <p>{hint}</p>
        <p>
          <a class="button" href={who ? homeOf(who.member.role) : '/sign-in'}>
            {w.home}
          </a>
        </p>
        {hasColleagues && (
          <p>
            <a href="/dashboard/members">{w.members}</a>
          </p>
        )}
      </main>
    ),
  });
}

/** Answers a person with the page of a fault, in his language. */
export function sendFaultPage(code: ErrorCode, request: Request, response: Response): void {
  const who = response.locals.session as Session | undefined;
  const locale = localeOf(readCookie(request, 'cr_lang') ?? who?.locale, request.headers['accept-language']);
  response.status(statusOf(code)).send(faultPage(locale, kindOf(code, request.method), who));
}

/** Faults of a page are shown as a page; what we did not expect goes on to the one place that logs it. */
export function pageFaults(error: unknown, request: Request, response: Response, next: NextFunction): void {
  if (!(error instanceof AppError) || response.headersSent) next(error);
  else sendFaultPage(error.code, request, response);
}
