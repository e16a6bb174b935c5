import type { Session } from '../../web/session.js';
import type { MessageRow } from '../queries.js';
import { framedPage, type Place } from './frame.js';
import { MessageTable } from './panels.js';
import type { View } from './view.js';

const VERDICTS = ['rejection', 'unsure', 'other'] as const;

export type MessageList = Readonly<{
  verdict: MessageRow['verdict'] | undefined;
  messages: readonly MessageRow[];
  /** The cursor of the next page, when there is one. */
  next: string | undefined;
  first: boolean;
}>;

function queryOf(verdict: string | undefined, cursor?: string): string {
  const query = new URLSearchParams();
  if (verdict) query.set('verdict', verdict);
  if (cursor) query.set('cursor', cursor);
  return `/dashboard/messages${query.size > 0 ? `?${query}` : ''}`;
}

export function messagesPage(who: Session, places: readonly Place[], view: View, list: MessageList): string {
  const { w } = view;
  const tabs = [undefined, ...VERDICTS];
  return framedPage({
    who,
    title: w.messages.pageTitle,
    here: '/dashboard/messages',
    places,
    children: (
      <section class="mails">
        <h1>{w.messages.pageTitle}</h1>
        <p class="note">{w.messages.lead}</p>
        <nav class="tabs" aria-label={w.messages.verdict}>
          {tabs.map((verdict) => (
            <a
              key={verdict ?? 'all'}
              href={queryOf(verdict)}
              aria-current={verdict === list.verdict ? 'true' : undefined}
            >
              {verdict ? w.verdict[verdict] : w.messages.all}
            </a>
          ))}
        </nav>
        {list.messages.length === 0 ? (
          <p class="empty">{list.verdict ? w.messages.noneOfKind : w.messages.none}</p>
        ) : (
          <MessageTable view={view} messages={list.messages} />
        )}
        <p class="pager">
          {!list.first && <a href={queryOf(list.verdict)}>{w.messages.newest}</a>}
          {list.next && <a href={queryOf(list.verdict, list.next)}>{w.messages.older}</a>}
        </p>
      </section>
    ),
  });
}
