import type { ComponentChildren } from 'preact';
import { renderPage } from '../../web/page.js';
import type { Session } from '../../web/session.js';
import { accountWordsOf } from '../account-words.js';
import { type Words, wordsOf } from '../words.js';

/** A page in the menu; one with `within` stands for several, itself the first of them. */
export type Place = Readonly<{
  href: string;
  label: string;
  within?: readonly Place[];
  /** How many things wait there for a person. */
  waiting?: number;
}>;

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

/** Style sheets that all pages of an operator's desk use; a company's pages name theirs. */
const OPERATOR_STYLES = ['desk.css', 'ledger.css', 'operator.css'];

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" class="logo-mark">
      <path d="M4 22c6 0 7-12 13-12" class="track-before" />
      <path d="M15 22c6 0 7-12 13-12" class="track-after" />
      <circle cx="28" cy="10" r="3.2" />
    </svg>
  );
}

function Waiting({ w, count = 0 }: { w: Words; count?: number }) {
  if (count === 0) return null;
  return (
    <span class="count">
      {count}
      <span class="visually-hidden">{w.waiting}</span>
    </span>
  );
}

function Links({ w, places, isOpen }: { w: Words; places: readonly Place[]; isOpen(place: Place): boolean }) {
  return (
    <>
      {places.map((place) => (
        <a key={place.href} href={place.href} aria-current={isOpen(place) ? 'page' : undefined}>
          {place.label}
          <Waiting w={w} count={place.waiting} />
        </a>
      ))}
    </>
  );
}

/** Who is signed in, and what he may do about it. Opens and closes without scripts. */
function Account({ w, who }: { w: Words; who: Session }) {
  return (
    <details class="account">
      <summary>
        <span>{who.companyName ?? who.member.email}</span>
      </summary>
      <div>
        <p>
          <b>{who.member.email}</b>
          {w.roles[who.member.role]}
        </p>
        {who.companyName && <a href="/companies">{w.switchCompany}</a>}
        <a href={`?lang=${w.other.code}`} lang={w.other.code} hreflang={w.other.code}>
          {w.other.lang}
        </a>
        <a href="/account">{accountWordsOf(who.locale).title}</a>
        <form method="post" action="/sign-out">
          <input type="hidden" name="csrf" value={who.csrf} />
          <button type="submit">{w.signOut}</button>
        </form>
      </div>
    </details>
  );
}

function Top({ who, here, places }: Framed) {
  const w = wordsOf(who.locale);
  const open = places.find(
    ({ href, within }) => href === here || within?.some((place) => place.href === here),
  );
  return (
    <>
      <header class="top">
        <a class="logo" href={places[0]?.href}>
          <Logo />
          {w.product}
        </a>
        <nav class="places" aria-label={w.menu}>
          <Links w={w} places={places} isOpen={(place) => place === open} />
        </nav>
        <Account w={w} who={who} />
      </header>
      {open?.within && (
        <nav class="within" aria-label={open.label}>
          <Links w={w} places={open.within} isOpen={({ href }) => href === here} />
        </nav>
      )}
    </>
  );
}

/** What a page is called, with a sentence on what it is for, above its cards. */
export function PageHead({
  title,
  lead,
  children,
}: {
  title: string;
  lead?: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="page-head">
      <h1>{title}</h1>
      {children}
      {lead && <p class="note">{lead}</p>}
    </div>
  );
}

/** A page behind a sign-in: menu, company, language, sign-out, and what it is about. */
export function framedPage(framed: Framed): string {
  const w = wordsOf(framed.who.locale);
  const area = framed.who.member.role === 'operator' ? OPERATOR_STYLES : [];
  return renderPage({
    title: `${framed.title} – ${w.product}`,
    locale: framed.who.locale,
    styles: ['dashboard.css', ...area, ...(framed.styles ?? [])],
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
