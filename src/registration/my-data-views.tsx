import type { Consent } from './consent-store.js';
import { agencyName, type Frame, Notice, page } from './frame.js';
import type { MyData } from './my-data.js';
import { type MyDataWords, momentOf, myDataWordsOf } from './my-data-words.js';

type Held = MyData['registrations'][number];

/** Where an address is asked for. `fault`: what was typed is none; `tooMany`: this network has to wait. */
export function askPage(
  frame: Frame,
  shown: Readonly<{ typed: string; fault: 'malformed' | 'too_many' | undefined }>,
): string {
  const words = myDataWordsOf(frame.locale);
  const malformed = shown.fault === 'malformed';
  return page(
    frame,
    words.askTitle,
    <>
      <h1>{words.askTitle}</h1>
      <p>{words.askBody}</p>
      {shown.fault === 'too_many' && (
        <p class="alert" role="alert">
          {words.tooMany}
        </p>
      )}
      <form method="post" action="/my-data" noValidate>
        <input type="hidden" name="lang" value={frame.locale} />
        <div class="field">
          <label for="email">{words.email}</label>
          <input
            id="email"
            name="email"
            type="email"
            autocomplete="email"
            inputMode="email"
            required
            value={shown.typed}
            autofocus={malformed}
            aria-invalid={malformed ? 'true' : undefined}
            aria-describedby={malformed ? 'email-fault' : undefined}
          />
          {malformed && (
            <p class="fault" id="email-fault" role="alert">
              {words.emailFault}
            </p>
          )}
        </div>
        <button type="submit">{words.askButton}</button>
      </form>
    </>,
  );
}

/** The same for every address, so that nobody learns who is registered. */
export function askedPage(frame: Frame, askUrl: string): string {
  const words = myDataWordsOf(frame.locale);
  return page(
    frame,
    words.sentTitle,
    <>
      <Notice title={words.sentTitle} text={[words.sentBody]} />
      <p class="quiet">
        {words.sentMissing} <a href={askUrl}>{words.again}</a>
      </p>
    </>,
  );
}

export function gonePage(frame: Frame, askUrl: string): string {
  const words = myDataWordsOf(frame.locale);
  const way = { href: askUrl, label: words.goneWay };
  return page(frame, words.goneTitle, <Notice title={words.goneTitle} text={[words.goneBody]} way={way} />);
}

function consentState(consent: Consent, words: MyDataWords, locale: Frame['locale']): string {
  if (consent.granted) return words.given(momentOf(locale, consent.givenAt), consent.textVersion);
  return consent.withdrawnAt ? words.withdrawn(momentOf(locale, consent.withdrawnAt)) : words.notGiven;
}

function ConsentRow({ consent, base, frame }: { consent: Consent; base: string; frame: Frame }) {
  const words = myDataWordsOf(frame.locale);
  const purpose = words.purposes[consent.purpose];
  return (
    <li>
      <p>
        <strong>{purpose}</strong>
        <br />
        {consentState(consent, words, frame.locale)}
      </p>
      {consent.granted && (
        <form method="post" action={`${base}/consents`}>
          <input type="hidden" name="lang" value={frame.locale} />
          <input type="hidden" name="registration" value={consent.registrationId} />
          <input type="hidden" name="purpose" value={consent.purpose} />
          <button class="second" type="submit" aria-label={words.withdrawOf(purpose)}>
            {words.withdraw}
          </button>
          {consent.purpose === 'provide_to_agency' && <small>{words.closes}</small>}
        </form>
      )}
    </li>
  );
}

function Details({ rows }: { rows: readonly (readonly [string, string | null])[] }) {
  return (
    <dl class="details">
      {rows
        .filter(([, value]) => value)
        .map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function RegistrationPart({ held, base, frame }: { held: Held; base: string; frame: Frame }) {
  const words = myDataWordsOf(frame.locale);
  const at = (moment: Date) => momentOf(frame.locale, moment);
  return (
    <section class="held">
      <h2>{held.company ? words.registration(held.company) : words.registrationAlone}</h2>
      <Details
        rows={[
          [words.status, words.statuses[held.status]],
          [words.name, held.name],
          [words.email, held.email],
          [words.registeredAt, at(held.occurredAt)],
          [words.confirmedAt, held.verifiedAt && at(held.verifiedAt)],
          [words.mails, held.mailWaiting ? words.mailWaiting : null],
        ]}
      />
      {held.origin === 'postback' && <p class="quiet">{words.byAgency}</p>}
      {held.consents.length > 0 && <h3>{words.consents}</h3>}
      <ul class="consents">
        {held.consents.map((consent) => (
          <ConsentRow key={consent.id} consent={consent} base={base} frame={frame} />
        ))}
      </ul>
      {held.provisions.length > 0 && <h3>{words.provisions}</h3>}
      <ul class="provisions">
        {held.provisions.map((one) => (
          <li key={one.providedAt.toISOString()}>
            {words.provided(
              one.recipient,
              one.items.map((item) => words.items[item] ?? item).join(words.comma),
              at(one.providedAt),
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Records({ data, words }: { data: MyData; words: MyDataWords }) {
  if (data.records.length === 0) return null;
  const companies = [...new Set(data.records.map((one) => one.company))];
  const count = (company: string, kind: 'link' | 'mail') =>
    data.records.filter((one) => one.company === company && one.kind === kind).length;
  return (
    <section class="held">
      <h2>{words.records}</h2>
      <p>{words.recordsBody}</p>
      <Details
        rows={companies.map((company) => {
          const [links, letters] = [count(company, 'link'), count(company, 'mail')];
          const parts = [links > 0 && words.links(links), letters > 0 && words.letters(letters)];
          return [company, parts.filter(Boolean).join(words.comma)];
        })}
      />
    </section>
  );
}

/** Everything that is held, and what can be done about it. `base`: the address that the mailed link opened. */
export function myDataPage(frame: Frame, data: MyData, base: string, changed: boolean): string {
  const words = myDataWordsOf(frame.locale);
  const empty = data.registrations.length === 0 && data.records.length === 0;
  const lang = `?lang=${frame.locale}`;
  return page(
    frame,
    words.title,
    <>
      <h1>{words.title}</h1>
      {changed && (
        <p class="alert good" role="status">
          {words.changed}
        </p>
      )}
      <p>{empty ? words.nothing : words.lead(data.email)}</p>
      {data.registrations.map((held) => (
        <RegistrationPart key={held.id} held={held} base={base} frame={frame} />
      ))}
      <Records data={data} words={words} />
      <section class="held">
        <h2>{words.exportTitle}</h2>
        <p>{words.exportBody}</p>
        <a class="second" href={`${base}/export.json`} download="my-data.json">
          {words.exportWay}
        </a>
      </section>
      <section class="held">
        <h2>{words.eraseTitle}</h2>
        <p>{words.eraseBody}</p>
        <a class="second danger" href={`${base}/erase${lang}`}>
          {words.eraseWay}
        </a>
      </section>
    </>,
  );
}

/** What will go, what stays, and the button that does it. */
export function erasePage(frame: Frame, base: string): string {
  const words = myDataWordsOf(frame.locale);
  return page(
    frame,
    words.confirmTitle,
    <>
      <h1>{words.confirmTitle}</h1>
      <p>{words.confirmBody}</p>
      <p>{words.confirmKept}</p>
      <p>{words.confirmAgency(agencyName(frame))}</p>
      <form method="post" action={`${base}/erase`}>
        <input type="hidden" name="lang" value={frame.locale} />
        <input type="hidden" name="confirm" value="yes" />
        <button class="danger" type="submit">
          {words.confirmButton}
        </button>
      </form>
      <p>
        <a href={`${base}?lang=${frame.locale}`}>{words.back}</a>
      </p>
    </>,
  );
}

export function erasedPage(frame: Frame): string {
  const words = myDataWordsOf(frame.locale);
  return page(frame, words.erasedTitle, <Notice title={words.erasedTitle} text={[words.erasedBody]} />);
}
