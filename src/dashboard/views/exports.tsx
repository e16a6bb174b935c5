import type { Session } from '../../web/session.js';
import { EXPORTS, FORMATS } from '../export-tables.js';
import { exportWordsOf } from '../export-words.js';
import { FEED_TABLES } from '../feed.js';
import type { Feed } from '../feed-store.js';
import { framedPage, type Place } from './frame.js';
import type { View } from './view.js';

export const EXPORTS_PATH = '/dashboard/exports';

export type ExportDesk = Readonly<{
  feeds: readonly Feed[];
  mayChange: boolean;
  /** `revoked`: a feed was just revoked. `faulty`: a label was none. */
  said: 'revoked' | 'faulty' | undefined;
}>;

function Csrf({ who }: { who: Session }) {
  return <input type="hidden" name="csrf" value={who.csrf} />;
}

/** One form for every file: days apply to whichever button is pressed. */
function Files({ who }: { who: Session }) {
  const w = exportWordsOf(who.locale);
  return (
    <section>
      <h2>{w.files}</h2>
      <form class="export-form" method="get">
        <fieldset>
          <legend>{w.period}</legend>
          <label>
            {w.from} <input type="date" name="from" />
          </label>
          <label>
            {w.to} <input type="date" name="to" />
          </label>
          <p class="note">{w.all}</p>
        </fieldset>
        <ul class="export-files">
          {EXPORTS.map((name) => (
            <li key={name}>
              <div>
                <b>{w.tables[name].name}</b>
                <p class="note">{w.tables[name].what}</p>
              </div>
              <span class="export-buttons">
                {FORMATS.map((format) => (
                  <button
                    key={format}
                    type="submit"
                    formaction={`${EXPORTS_PATH}/${name}.${format}`}
                    aria-label={`${w.tables[name].name} ${format === 'csv' ? 'CSV' : 'Excel'}`}
                  >
                    {format === 'csv' ? 'CSV' : 'Excel'}
                  </button>
                ))}
              </span>
            </li>
          ))}
        </ul>
      </form>
    </section>
  );
}

function FeedRow({
  who,
  view,
  feed,
  mayChange,
}: {
  who: Session;
  view: View;
  feed: Feed;
  mayChange: boolean;
}) {
  const w = exportWordsOf(who.locale);
  const { moment } = view.format;
  const facts = [
    w.hint(feed.hint),
    feed.rotatedAt ? w.rotated(moment(feed.rotatedAt)) : w.created(moment(feed.createdAt)),
    feed.lastReadAt ? w.lastRead(moment(feed.lastReadAt)) : w.neverRead,
  ];
  return (
    <li>
      <div>
        <b>{feed.label}</b>
        <p class="note">{facts.join(' · ')}</p>
      </div>
      {mayChange && (
        <span class="export-buttons">
          {(['rotate', 'revoke'] as const).map((step) => (
            <form key={step} method="post" action={`${EXPORTS_PATH}/feeds/${feed.id}/${step}`}>
              <Csrf who={who} />
              <button type="submit" aria-label={`${feed.label}: ${w[step]}`}>
                {w[step]}
              </button>
            </form>
          ))}
        </span>
      )}
    </li>
  );
}

function Feeds({ who, view, desk }: { who: Session; view: View; desk: ExportDesk }) {
  const w = exportWordsOf(who.locale);
  return (
    <section>
      <h2>{w.feeds}</h2>
      <p>{w.feedsLead}</p>
      {desk.said === 'revoked' && <p role="status">{w.revoked}</p>}
      {desk.feeds.length === 0 ? (
        <p class="note">{w.noFeeds}</p>
      ) : (
        <ul class="export-files">
          {desk.feeds.map((feed) => (
            <FeedRow key={feed.id} who={who} view={view} feed={feed} mayChange={desk.mayChange} />
          ))}
        </ul>
      )}
      {desk.mayChange ? (
        <form class="export-new" method="post" action={`${EXPORTS_PATH}/feeds`}>
          <Csrf who={who} />
          <label for="label">{w.label}</label>
          <input
            id="label"
            name="label"
            type="text"
            maxlength={100}
            required
            placeholder={w.labelHint}
            aria-invalid={desk.said === 'faulty' ? 'true' : undefined}
            aria-describedby={desk.said === 'faulty' ? 'label-fault' : undefined}
          />
          <button type="submit" class="main">
            {w.create}
          </button>
          {desk.said === 'faulty' && (
            <p id="label-fault" class="fault" role="alert">
              {w.faulty}
            </p>
          )}
        </form>
      ) : (
        <p class="note">{w.adminsOnly}</p>
      )}
    </section>
  );
}

/** Files to download, the monthly report, and addresses for spreadsheets. */
export function exportsPage(who: Session, places: readonly Place[], view: View, desk: ExportDesk): string {
  const w = exportWordsOf(who.locale);
  return framedPage({
    who,
    title: w.title,
    here: EXPORTS_PATH,
    places,
    styles: ['desk.css', 'parts.css'],
    children: (
      <div class="parts">
        <section class="summary">
          <h1>{w.title}</h1>
          <p>{w.lead}</p>
        </section>
        <Files who={who} />
        <section>
          <h2>{w.report}</h2>
          <p>{w.reportLead}</p>
          <p>
            <a class="button" href="/dashboard/report">
              {w.openReport}
            </a>
          </p>
        </section>
        <Feeds who={who} view={view} desk={desk} />
      </div>
    ),
  });
}

/** The addresses of a feed, this once. @param base what they have in common, with the secret in it */
export function feedPage(who: Session, places: readonly Place[], label: string, base: string): string {
  const w = exportWordsOf(who.locale);
  return framedPage({
    who,
    title: w.newTitle,
    here: EXPORTS_PATH,
    places,
    styles: ['desk.css', 'parts.css'],
    children: (
      <div class="parts">
        <section class="summary">
          <h1>{w.newTitle}</h1>
          <p>{w.newLead}</p>
        </section>
        <section>
          <h2>{label}</h2>
          <dl class="export-urls">
            {FEED_TABLES.map((table) => (
              <div key={table}>
                <dt>{w.feedTables[table]}</dt>
                {['csv', 'json'].map((format) => (
                  <dd key={format}>
                    <input
                      type="text"
                      readonly
                      value={`${base}/${table}.${format}`}
                      aria-label={`${w.feedTables[table]} ${format}`}
                    />
                  </dd>
                ))}
              </div>
            ))}
          </dl>
          <p>{w.sheets}</p>
          <p>
            <code>{`=IMPORTDATA("${base}/daily.csv")`}</code>
          </p>
          <p>
            <a class="button" href={EXPORTS_PATH}>
              {w.back}
            </a>
          </p>
        </section>
      </div>
    ),
  });
}
