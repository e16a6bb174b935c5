import type { ComponentChildren } from 'preact';
import { renderPage } from '../../web/page.js';
import type { Session } from '../../web/session.js';
import { accountWordsOf } from '../account-words.js';
import { wordsOf } from '../words.js';

export type Place = Readonly<{ href: string; label: string }>;

export type Framed = Readonly<{
  who: Session;
  title: string;
  /** The path of the page in the menu that is open. */
  here: string;
  places: readonly Place[];
  modules?: readonly string[];
  styles?: readonly string[];
  children: ComponentChildren;
}>;

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" class="logo-mark">
      <path d="M4 22c6 0 7-12 13-12" class="track-before" />
      <path d="M15 22c6 0 7-12 13-12" class="track-after" />
      <circle cx="28" cy="10" r="3.2" />
    </svg>
  );
}

function Top({ who, here, places }: Framed) {
  const w = wordsOf(who.locale);
  return (
    <header class="top">
      <a class="logo" href={places[0]?.href}>
        <Logo />
        {w.product}
      </a>
      <nav aria-label={w.menu}>
        {places.map(({ href, label }) => (
          <a key={href} href={href} aria-current={href === here ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <div class="who">
        {who.companyName && (
          <a href="/companies" title={w.switchCompany}>
            {who.companyName}
          </a>
        )}
        <a href={`?lang=${w.other.code}`} lang={w.other.code} hreflang={w.other.code}>
          {w.other.lang}
        </a>
        <a href="/account">{accountWordsOf(who.locale).title}</a>
        <form method="post" action="/sign-out">
          <input type="hidden" name="csrf" value={who.csrf} />
          <button type="submit" class="quiet">
            {w.signOut}
          </button>
        </form>
      </div>
    </header>
  );
}

/** A page behind a sign-in: menu, company, language, sign-out, and what it is about. */
export function framedPage(framed: Framed): string {
  const w = wordsOf(framed.who.locale);
  return renderPage({
    title: `${framed.title} – ${w.product}`,
    locale: framed.who.locale,
    styles: ['dashboard.css', ...(framed.styles ?? [])],
    modules: framed.modules,
    body: (
      <>
        <a class="skip" href="#main">
          {w.skip}
        </a>
        <Top {...framed} />
        <main id="main">{framed.children}</main>
      </>
    ),
  });
}
