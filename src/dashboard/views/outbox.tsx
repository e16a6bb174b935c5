import type { ComponentChildren } from 'preact';
import type { Locale } from '../../company/store.js';
import { renderPage } from '../../web/page.js';
import { formatOf } from '../format.js';
import type { Written } from '../letter.js';
import { type Words, wordsOf } from '../words.js';

function frame(locale: Locale, w: Words, title: string, children: ComponentChildren): string {
  return renderPage({
    title: `${title} – ${w.product}`,
    locale,
    styles: ['dashboard.css', 'letters.css'],
    body: (
      <>
        <header class="top">
          <a class="logo" href="/dev/outbox">
            {w.product} · {w.outbox.title}
          </a>
          <div class="who">
            <a href={`?lang=${w.other.code}`} lang={w.other.code} hreflang={w.other.code}>
              {w.other.lang}
            </a>
          </div>
        </header>
        <main id="main">{children}</main>
      </>
    ),
  });
}

export function outboxPage(locale: Locale, mails: readonly Written[]): string {
  const w = wordsOf(locale);
  const format = formatOf(locale, 'Asia/Tokyo', w);
  return frame(
    locale,
    w,
    w.outbox.title,
    <section class="mails">
      <h1>{w.outbox.title}</h1>
      <p class="note">{w.outbox.lead}</p>
      {mails.length === 0 ? (
        <p class="empty">{w.outbox.none}</p>
      ) : (
        <table class="letters">
          <thead>
            <tr>
              <th scope="col">{w.outbox.subject}</th>
              <th scope="col">{w.outbox.to}</th>
              <th scope="col">{w.outbox.written}</th>
            </tr>
          </thead>
          <tbody>
            {mails.map((mail) => (
              <tr key={mail.id}>
                <th scope="row">
                  <a href={`/dev/outbox/${mail.id}`}>{mail.subject || w.outbox.noSubject}</a>
                </th>
                <td>{mail.envelope?.to.join(', ')}</td>
                <td>{mail.envelope && format.moment(new Date(mail.envelope.at))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>,
  );
}

export function letterPage(locale: Locale, mail: Written): string {
  const w = wordsOf(locale);
  const subject = mail.subject || w.outbox.noSubject;
  return frame(
    locale,
    w,
    subject,
    <>
      <section class="letter-head">
        <h1>{subject}</h1>
        <dl class="letter">
          <div>
            <dt>{w.outbox.from}</dt>
            <dd>{mail.envelope?.from}</dd>
          </div>
          <div>
            <dt>{w.outbox.to}</dt>
            <dd>{mail.envelope?.to.join(', ')}</dd>
          </div>
        </dl>
        <p class="pager">
          <a href="/dev/outbox">{w.outbox.back}</a>
          <a href={`/dev/outbox/${mail.id}/source`}>{w.outbox.download}</a>
        </p>
      </section>
      {mail.html !== undefined && (
        <section class="letter-html">
          <h2>{w.outbox.html}</h2>
          <iframe title={w.outbox.html} src={`/dev/outbox/${mail.id}/html`} sandbox="" />
        </section>
      )}
      {mail.text !== undefined && (
        <section class="letter-text">
          <h2>{w.outbox.text}</h2>
          <pre>{mail.text}</pre>
        </section>
      )}
      <section class="letter-source">
        <h2>{w.outbox.source}</h2>
        <details>
          <summary>{w.outbox.source}</summary>
          <pre>{mail.source.toString('latin1')}</pre>
        </details>
      </section>
    </>,
  );
}
