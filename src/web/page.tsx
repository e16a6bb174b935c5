import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Locale } from '../company/store.js';
import { assetUrl } from './assets.js';

export type Page = Readonly<{
  title: string;
  locale: Locale;
  /** Names of style sheets and modules under `web/assets`. */
  styles?: readonly string[];
  modules?: readonly string[];
  body: ComponentChildren;
}>;

/** A whole HTML document. No inline script or style: the content security policy refuses both. */
export function renderPage(page: Page): string {
  const document: VNode = (
    <html lang={page.locale}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{page.title}</title>
        {['base.css', ...(page.styles ?? [])].map((name) => (
          <link key={name} rel="stylesheet" href={assetUrl(name)} />
        ))}
        <link rel="icon" href={assetUrl('icon.svg')} type="image/svg+xml" />
        {(page.modules ?? []).map((name) => (
          <script key={name} type="module" src={assetUrl(name)} />
        ))}
      </head>
      <body>{page.body}</body>
    </html>
  );
  return `<!doctype html>${renderToString(document)}`;
}

/** The locale a page is shown in: the visitor's explicit choice, else the browser's first language, else Japanese. */
export function localeOf(choice: unknown, acceptLanguage: string | undefined): Locale {
  if (choice === 'ja' || choice === 'en') return choice;
  for (const range of (acceptLanguage ?? '').split(',')) {
    const tag = range.trim().toLowerCase();
    if (tag.startsWith('ja')) return 'ja';
    if (tag.startsWith('en')) return 'en';
  }
  return 'ja';
}
