import type { Locale } from '../../company/store.js';
import type { ErrorCode } from '../../errors.js';
import { renderPage } from '../../web/page.js';
import { wordsOf } from '../words.js';

/** A page that says what is wrong in a sentence and gives a way on. */
export function faultPage(locale: Locale, code: ErrorCode, home: string): string {
  const { fault, product } = wordsOf(locale);
  const missing = code === 'not_found';
  const title = missing ? fault.notFound : fault.forbidden;
  return renderPage({
    title: `${title} – ${product}`,
    locale,
    styles: ['sign-in.css'],
    body: (
      <main class="gate">
        <h1>{title}</h1>
        <p>{missing ? fault.notFoundHint : fault.forbiddenHint}</p>
        <p>
          <a class="button" href={home}>
            {fault.home}
          </a>
        </p>
      </main>
    ),
  });
}
