import type { ComponentChildren } from 'preact';
import type { Locale } from '../company/store.js';
import type { Agency } from '../config.js';
import { renderPage } from '../web/page.js';
import { wordsOf } from './words.js';

/** What every page of the candidate needs to know. */
export type Frame = Readonly<{
  locale: Locale;
  agency: Agency;
  /** The address of this page in the other language. */
  switchTo: string;
}>;

/** The agency as it is named to the candidate. */
export function agencyName(frame: Frame): string {
  return frame.agency.name ?? wordsOf(frame.locale).someAgency;
}

/** One page of the candidate: what it says, then who runs this and where one's own data is. */
export function page(frame: Frame, title: string, body: ComponentChildren): string {
  const words = wordsOf(frame.locale);
  const other = frame.locale === 'ja' ? 'en' : 'ja';
  return renderPage({
    title,
    locale: frame.locale,
    styles: ['join.css'],
    body: (
      <>
        <main class="join">{body}</main>
        <footer class="foot">
          <p>
            <a href={`/my-data?lang=${frame.locale}`}>{words.myData}</a>
          </p>
          <p>{words.operator(frame.agency.operatorName, frame.agency.operatorAddress)}</p>
          <p>
            <a href={frame.switchTo} lang={other} hreflang={other}>
              {words.otherLanguage}
            </a>
          </p>
        </footer>
      </>
    ),
  });
}

export type Way = Readonly<{ href: string; label: string }>;

/** A page that says one thing and gives, where there is one, the way on. */
export function Notice({ title, text, way }: { title: string; text: readonly string[]; way?: Way }) {
  return (
    <>
      <h1>{title}</h1>
      {text.map((one) => (
        <p key={one}>{one}</p>
      ))}
      {way && (
        <p>
          <a class="way" href={way.href}>
            {way.label}
          </a>
        </p>
      )}
    </>
  );
}
