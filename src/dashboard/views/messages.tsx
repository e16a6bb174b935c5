import type { Session } from '../../web/session.js';
import { BECAME, type MailFilter } from '../mail-queries.js';
import { type MailWords, mailWordsOf } from '../mail-words.js';
import type { MessageRow } from '../queries.js';
import { framedPage, PageHead, type Place } from './frame.js';
import { MessageTable } from './panels.js';
import { Tabs } from './tabs.js';
import type { View } from './view.js';

const VERDICTS = ['rejection', 'unsure', 'other'] as const;
const HERE = '/dashboard/messages';

export type MessageList = Readonly<{
  filter: MailFilter;
  /** A day that was asked for is none. */
  isFaulty: boolean;
  messages: readonly MessageRow[];
  /** The cursor of the next page, when there is one. */
  next: string | undefined;
  first: boolean;
}>;

function hrefOf(filter: MailFilter, cursor?: string): string {
  const given = Object.entries({ ...filter, cursor }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return given.length > 0 ? `${HERE}?${new URLSearchParams(given)}` : HERE;
}

/** Sent by GET: the address of what one sees can be kept and passed on. */
function Filter({ m, list: { filter, isFaulty } }: { m: MailWords; list: MessageList }) {
  const { verdict, ...fields } = filter;
  const isFiltered = Object.values(fields).some((value) => value !== undefined);
  return (
    <form method="get" action={HERE} class="fields filter">
      {verdict && <input type="hidden" name="verdict" value={verdict} />}
      <label>
        {m.filter.became}
        <select name="became">
          <option value="">{m.filter.any}</option>
          {BECAME.map((became) => (
            <option key={became} value={became} selected={became === filter.became}>
              {m.filter.becames[became]}
            </option>
          ))}
        </select>
      </label>
      <label class="wide">
        {m.filter.text}
        <input type="search" name="text" value={filter.text} maxLength={100} />
      </label>
      <label>
        {m.filter.from}
        <input type="date" name="from" value={filter.from} />
      </label>
      <label>
        {m.filter.to}
        <input type="date" name="to" value={filter.to} />
      </label>
      <button type="submit">{m.filter.apply}</button>
      {isFiltered && (
        <a class="clear" href={hrefOf({ verdict })}>
          {m.filter.clear}
        </a>
      )}
      {isFaulty && (
        <p class="said asks whole" role="alert">
          {m.filter.faulty}
        </p>
      )}
    </form>
  );
}

export function messagesPage(who: Session, places: readonly Place[], view: View, list: MessageList): string {
  const { w } = view;
  const m = mailWordsOf(who.locale);
  const { filter, messages, first, next } = list;
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return framedPage({
    who,
    title: w.messages.pageTitle,
    here: HERE,
    places,
    styles: ['desk.css', 'messages.css'],
    children: (
      <>
        <PageHead title={w.messages.pageTitle} lead={w.messages.lead} />
        <section class="mails">
          <Tabs
            label={w.messages.verdict}
            tabs={[undefined, ...VERDICTS].map((verdict) => ({
              href: hrefOf({ ...filter, verdict }),
              name: verdict ? w.verdict[verdict] : w.messages.all,
              on: verdict === filter.verdict,
            }))}
          />
          <Filter m={m} list={list} />
          {messages.length === 0 ? (
            <p class="empty">{isFiltered ? m.filter.none : w.messages.none}</p>
          ) : (
            <MessageTable view={view} messages={messages} />
          )}
          <p class="pager">
            {!first && <a href={hrefOf(filter)}>{w.messages.newest}</a>}
            {next && <a href={hrefOf(filter, next)}>{w.messages.older}</a>}
          </p>
        </section>
      </>
    ),
  });
}
