import type { ComponentChildren } from 'preact';
import type { Membership, TokenState } from '../company/members.js';
import type { Locale } from '../company/store.js';
import { assetUrl } from './assets.js';
import { renderPage } from './page.js';
import type { Session } from './session.js';

const ja = {
  product: 'Career Relay（キャリアリレー）',
  title: 'サインイン',
  lead: '登録済みのメールアドレスに、サインイン用のリンクをお送りします。パスワードは要りません。',
  email: 'メールアドレス',
  wrongEmail: 'メールアドレスの形をご確認ください。',
  send: 'リンクを送る',
  sentTitle: 'メールをご確認ください',
  sent: (address: string) => `${address} が登録済みであれば、サインイン用のリンクをお送りしています。`,
  sentHint: 'リンクは15分間、1回だけ使えます。届かないときは、迷惑メールの振り分けと宛先をご確認ください。',
  confirmTitle: 'サインインします',
  confirm: 'ボタンを押すと、このブラウザーでサインインします。14日間有効です。',
  confirmButton: 'サインインする',
  used: 'このリンクはすでに使われています',
  expired: 'このリンクの有効期限が過ぎました',
  unknown: 'このリンクは使えません',
  usedHint: '安全のため、リンクは15分間、1回だけ使えるようにしています。新しいリンクをお送りします。',
  again: '新しいリンクを受け取る',
  manyTitle: '少し時間をおいてください',
  many: '短い時間に多くのお申し込みがありました。15分ほどおいてから、もう一度お試しください。',
  chooseTitle: 'どの会社の画面を開きますか',
  operator: '運営者の画面',
  open: '開く',
  here: '表示中',
  back: '戻る',
};

const en: typeof ja = {
  product: 'Career Relay',
  title: 'Sign in',
  lead: 'We will send a sign-in link to your registered e-mail address. No password needed.',
  email: 'E-mail address',
  wrongEmail: 'Please check the form of the address.',
  send: 'Send the link',
  sentTitle: 'Check your mail',
  sent: (address: string) => `If ${address} is registered, a sign-in link is on its way.`,
  sentHint:
    'The link works once, for 15 minutes. If it does not arrive, check the spam folder and the address.',
  confirmTitle: 'Ready to sign in',
  confirm: 'Press the button to sign in with this browser. You stay signed in for 14 days.',
  confirmButton: 'Sign in',
  used: 'This link has been used',
  expired: 'This link has expired',
  unknown: 'This link does not work',
  usedHint: 'To keep your account safe, a link works once, for 15 minutes. We will gladly send a new one.',
  again: 'Get a new link',
  manyTitle: 'Please wait a moment',
  many: 'There were many requests in a short time. Please try again in about 15 minutes.',
  chooseTitle: 'Which company would you like to open?',
  operator: 'Operator',
  open: 'Open',
  here: 'Open now',
  back: 'Back',
};

const words: Readonly<Record<Locale, typeof ja>> = { ja, en };

function frame(locale: Locale, title: string, children: ComponentChildren): string {
  return renderPage({
    title: `${title} – Career Relay`,
    locale,
    styles: ['sign-in.css'],
    body: (
      <main class="gate">
        <p class="gate-logo">
          <img src={assetUrl('icon.svg')} alt="" width="28" height="28" />
          {words[locale].product}
        </p>
        <h1>{title}</h1>
        {children}
        <p class="gate-lang">
          {locale === 'ja' ? (
            <a href="?lang=en" lang="en">
              English
            </a>
          ) : (
            <a href="?lang=ja" lang="ja">
              日本語
            </a>
          )}
        </p>
      </main>
    ),
  });
}

export function formPage(locale: Locale, faulty: boolean): string {
  const w = words[locale];
  return frame(
    locale,
    w.title,
    <form method="post" action="/sign-in">
      <p>{w.lead}</p>
      <label for="email">{w.email}</label>
      <input
        id="email"
        name="email"
        type="email"
        autocomplete="email"
        required
        aria-invalid={faulty ? 'true' : undefined}
        aria-describedby={faulty ? 'email-fault' : undefined}
      />
      {faulty && (
        <p id="email-fault" class="fault" role="alert">
          {w.wrongEmail}
        </p>
      )}
      <button type="submit">{w.send}</button>
    </form>,
  );
}

export function sentPage(locale: Locale, address: string): string {
  const w = words[locale];
  return frame(
    locale,
    w.sentTitle,
    <>
      <p>{w.sent(address)}</p>
      <p class="soft">{w.sentHint}</p>
      <p>
        <a href="/sign-in">{w.back}</a>
      </p>
    </>,
  );
}

/** Opened by mail gateways too: nothing happens before the button. */
export function confirmPage(locale: Locale, token: string): string {
  const w = words[locale];
  return frame(
    locale,
    w.confirmTitle,
    <form method="post" action={`/sign-in/${encodeURIComponent(token)}`}>
      <p>{w.confirm}</p>
      <button type="submit">{w.confirmButton}</button>
    </form>,
  );
}

export function usedPage(locale: Locale, state: Exclude<TokenState, 'good'>): string {
  const w = words[locale];
  return frame(
    locale,
    w[state],
    <>
      <p>{w.usedHint}</p>
      <p>
        <a class="button" href="/sign-in">
          {w.again}
        </a>
      </p>
    </>,
  );
}

export function tooManyPage(locale: Locale): string {
  return frame(locale, words[locale].manyTitle, <p>{words[locale].many}</p>);
}

export function choicePage(who: Session, memberships: readonly Membership[]): string {
  const w = words[who.locale];
  return frame(
    who.locale,
    w.chooseTitle,
    <ul class="choices">
      {memberships.map((one) => (
        <li key={one.id}>
          <span>{one.companyName ?? w.operator}</span>
          <form method="post" action="/companies">
            <input type="hidden" name="csrf" value={who.csrf} />
            <input type="hidden" name="member" value={one.id} />
            <button type="submit">{one.id === who.member.id ? w.here : w.open}</button>
          </form>
        </li>
      ))}
    </ul>,
  );
}
