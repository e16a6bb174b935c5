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
  sentHint:
    'リンクは15分間、1回だけ、このブラウザーで使えます。届かないときは、迷惑メールの振り分けと宛先をご確認ください。',
  confirmTitle: 'サインインします',
  confirm: 'ボタンを押すと、このブラウザーでサインインします。14日間有効です。',
  confirmButton: 'サインインする',
  used: 'このリンクはすでに使われています',
  expired: 'このリンクの有効期限が過ぎました',
  unknown: 'このリンクは使えません',
  usedHint: '安全のため、リンクは15分間、1回だけ使えるようにしています。新しいリンクをお送りします。',
  again: '新しいリンクを受け取る',
  elsewhereTitle: '別のブラウザーで開かれています',
  elsewhere:
    '安全のため、サインイン用のリンクは、お申し込みになったブラウザーでだけ使えます。メールアプリの中の画面や、別の端末で開いていないかご確認ください。',
  elsewhereCopy: 'お申し込みになったブラウザーのアドレス欄に、次のリンクを貼り付けてください。',
  elsewhereLink: 'サインイン用のリンク',
  elsewhereAgain: 'このブラウザーを使う場合は、ここでもう一度お申し込みください。',
  codeTitle: '確認コードの入力',
  codeLead: '認証アプリに表示されている6桁のコードを入力してください。',
  codeLabel: '確認コード',
  codeHint: 'スマートフォンが手元にないときは、リカバリーコードも使えます。',
  codeWrong: 'コードが違うか、すでに使われています。新しいコードで、もう一度お試しください。',
  codeLimited: '誤ったコードが続きました。15分ほどおいてから、もう一度お試しください。',
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
    'The link works once, for 15 minutes, in this browser. If it does not arrive, check the spam folder and the address.',
  confirmTitle: 'Ready to sign in',
  confirm: 'Press the button to sign in with this browser. You stay signed in for 14 days.',
  confirmButton: 'Sign in',
  used: 'This link has been used',
  expired: 'This link has expired',
  unknown: 'This link does not work',
  usedHint: 'To keep your account safe, a link works once, for 15 minutes. We will gladly send a new one.',
  again: 'Get a new link',
  elsewhereTitle: 'This is another browser',
  elsewhere:
    'To keep your account safe, a sign-in link works only in the browser in which you asked for it. You may have opened it inside a mail app, or on another device.',
  elsewhereCopy: 'Copy this link into the address bar of the browser in which you asked:',
  elsewhereLink: 'Sign-in link',
  elsewhereAgain: 'Or, to use this browser, ask again here.',
  codeTitle: 'Enter your code',
  codeLead: 'Type the six digits that your authenticator app shows.',
  codeLabel: 'Code',
  codeHint: 'Without your phone at hand, a recovery code works too.',
  codeWrong: 'This code is wrong or was used before. Please try the next one.',
  codeLimited: 'Too many wrong codes. Please try again in about 15 minutes.',
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

function AskForm({ locale, faulty }: Readonly<{ locale: Locale; faulty: boolean }>) {
  const w = words[locale];
  return (
    <form method="post" action="/sign-in">
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
    </form>
  );
}

export function formPage(locale: Locale, faulty: boolean): string {
  const w = words[locale];
  return frame(
    locale,
    w.title,
    <>
      <p>{w.lead}</p>
      <AskForm locale={locale} faulty={faulty} />
    </>,
  );
}

/**
 * The link was opened in another browser than the one that asked, most often inside a mail app. It is still good: it can
 * be carried over, or asked for anew here.
 */
export function elsewherePage(locale: Locale, link: string): string {
  const w = words[locale];
  return frame(
    locale,
    w.elsewhereTitle,
    <>
      <p>{w.elsewhere}</p>
      <label for="link">{w.elsewhereCopy}</label>
      <input id="link" type="text" readonly value={link} aria-label={w.elsewhereLink} />
      <hr />
      <p>{w.elsewhereAgain}</p>
      <AskForm locale={locale} faulty={false} />
    </>,
  );
}

export function codePage(locale: Locale, fault: 'wrong' | 'limited' | undefined): string {
  const w = words[locale];
  return frame(
    locale,
    w.codeTitle,
    <form method="post" action="/sign-in/code">
      <p>{w.codeLead}</p>
      <label for="code">{w.codeLabel}</label>
      <input
        id="code"
        name="code"
        type="text"
        inputmode="text"
        autocomplete="one-time-code"
        autocapitalize="characters"
        maxlength={30}
        required
        aria-invalid={fault ? 'true' : undefined}
        aria-describedby={fault ? 'code-fault' : 'code-hint'}
      />
      {fault && (
        <p id="code-fault" class="fault" role="alert">
          {fault === 'wrong' ? w.codeWrong : w.codeLimited}
        </p>
      )}
      <p id="code-hint" class="soft">
        {w.codeHint}
      </p>
      <button type="submit">{w.confirmButton}</button>
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

export function usedPage(locale: Locale, state: Exclude<TokenState, 'good' | 'elsewhere'>): string {
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
