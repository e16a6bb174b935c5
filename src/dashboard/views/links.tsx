import type { Session } from '../../web/session.js';
import type { LinkFilter, ListedLink } from '../link-queries.js';
import { type LinksSaid, type LinkWords, linkWordsOf } from '../link-words.js';
import { framedPage, PageHead, type Place } from './frame.js';
import type { View } from './view.js';

const HERE = '/dashboard/links';

export type LinkList = Readonly<{
  filter: LinkFilter;
  links: readonly (ListedLink & Readonly<{ url: string }>)[];
  /** Where the next page begins, when there is one. */
  next: string | undefined;
  first: boolean;
  staticUrl: string;
  mayRevoke: boolean;
  said: LinksSaid | undefined;
}>;

type Part = Readonly<{ who: Session; view: View; l: LinkWords; list: LinkList }>;

function hrefOf({ text, state }: LinkFilter, after?: string): string {
  const given = Object.entries({ text, state, after }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return given.length > 0 ? `${HERE}?${new URLSearchParams(given)}` : HERE;
}

function Search({ l, list: { filter } }: Part) {
  return (
    <form method="get" action={HERE} class="fields filter">
      <label class="wide">
        {l.search}
        <input type="search" name="text" value={filter.text} maxLength={100} />
      </label>
      <label>
        {l.state}
        <select name="state">
          <option value="">{l.states.all}</option>
          {(['live', 'revoked'] as const).map((state) => (
            <option key={state} value={state} selected={state === filter.state}>
              {l.states[state]}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">{l.apply}</button>
      {(filter.text || filter.state) && (
        <a class="clear" href={HERE}>
          {l.clear}
        </a>
      )}
    </form>
  );
}

/** What may be done with a link: its QR code for all, taking it back for those who may. */
function Actions({ who, l, list, link }: Part & { link: LinkList['links'][number] }) {
  return (
    <>
      <a href={`${HERE}/${link.code}/qr.svg`} aria-label={l.qrOf(link.code)} download={`${link.code}.svg`}>
        {l.qr}
      </a>
      {list.mayRevoke && (
        <details class="confirm">
          <summary aria-label={l.revokeOf(link.code)}>{l.revoke}</summary>
          <form method="post" action={`${HERE}/${link.code}/revocation`}>
            <input type="hidden" name="csrf" value={who.csrf} />
            <p>{l.revokeAsk}</p>
            <button type="submit" class="button risky">
              {l.revokeYes}
            </button>
          </form>
        </details>
      )}
    </>
  );
}

function Row(part: Part & { link: LinkList['links'][number] }) {
  const { view, l, link } = part;
  return (
    <tr class={link.revokedAt ? 'gone' : undefined}>
      <th scope="row" class="address">
        {link.url.replace(/^https?:\/\//, '')}
      </th>
      <td>{[link.job, link.stage].filter(Boolean).join(' · ') || '–'}</td>
      <td data-name={link.externalId ? l.columns.externalId : undefined}>{link.externalId}</td>
      <td>{l.origins[link.origin]}</td>
      <td>
        <time dateTime={link.createdAt.toISOString()}>{view.format.moment(link.createdAt)}</time>
      </td>
      <td class="actions">
        {link.revokedAt ? (
          <span class="tag">{l.revokedAt(view.format.moment(link.revokedAt))}</span>
        ) : (
          <Actions {...part} />
        )}
      </td>
    </tr>
  );
}

function Table(part: Part) {
  const { l, list } = part;
  return (
    <table class="rows links">
      <thead>
        <tr>
          {Object.entries(l.columns).map(([key, name]) => (
            <th key={key} scope="col">
              {name}
            </th>
          ))}
          <td />
        </tr>
      </thead>
      <tbody>
        {list.links.map((link) => (
          <Row key={link.code} {...part} link={link} />
        ))}
      </tbody>
    </table>
  );
}

function Nothing({ l, list: { filter } }: Part) {
  if (filter.text || filter.state) return <p class="empty">{l.noneFound}</p>;
  return (
    <div class="nothing">
      <h2>{l.none}</h2>
      <p>{l.noneLead}</p>
      <a class="button" href="/dashboard/setup">
        {l.begin}
      </a>
    </div>
  );
}

/** The static link, and the candidates' links with a search. */
export function linksPage(who: Session, places: readonly Place[], view: View, list: LinkList): string {
  const l = linkWordsOf(who.locale);
  const part = { who, view, l, list };
  return framedPage({
    who,
    title: l.title,
    here: HERE,
    places,
    styles: ['desk.css'],
    children: (
      <>
        <PageHead title={l.title} lead={l.lead} />
        {list.said && (
          <p class={list.said === 'revoked' ? 'said whole' : 'said asks whole'} role="status">
            {l.said[list.said]}
          </p>
        )}
        <section class="fixed-link">
          <h2>{l.staticTitle}</h2>
          <p>
            <code>{list.staticUrl}</code>
          </p>
          <p class="note">
            {l.staticLead} <a href="/dashboard/lines">{l.staticLines}</a>
          </p>
        </section>
        <section>
          <Search {...part} />
          {list.links.length === 0 ? <Nothing {...part} /> : <Table {...part} />}
          <p class="pager">
            {!list.first && <a href={hrefOf(list.filter)}>{l.newest}</a>}
            {list.next && <a href={hrefOf(list.filter, list.next)}>{l.older}</a>}
          </p>
        </section>
      </>
    ),
  });
}
