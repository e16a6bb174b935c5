import type { AuditDetails, AuditRow } from '../../company/audit.js';
import type { Session } from '../../web/session.js';
import { AUDIT_NOUNS, type AuditNoun, type AuditWords, auditWordsOf } from '../audit-words.js';
import { framedPage, PageHead, type Place } from './frame.js';
import { Tabs } from './tabs.js';
import type { View } from './view.js';

const HERE = '/dashboard/audit';
const BEFORE = 'Before';

export type AuditLog = Readonly<{
  noun: AuditNoun | undefined;
  rows: readonly AuditRow[];
  /** The id that the next page comes before, when there is one. */
  next: string | undefined;
  first: boolean;
}>;

function hrefOf(noun: AuditNoun | undefined, before?: string): string {
  const given = Object.entries({ noun, before }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return given.length > 0 ? `${HERE}?${new URLSearchParams(given)}` : HERE;
}

/** Who it was, as the company may know it: an operator is told as that, without his name. */
function actorOf(a: AuditWords, { actorKind, actorName, actorIsOperator }: AuditRow): string {
  if (actorIsOperator) return a.operator;
  switch (actorKind) {
    case 'system':
      return a.service;
    case 'key':
      return a.key(actorName ?? a.unnamed);
    case 'member':
      return actorName ?? a.unnamed;
  }
}

function textOf(a: AuditWords, value: AuditDetails[string]): string {
  if (value === null || value === undefined || value === '') return a.nothing;
  const inWords = (one: string) => a.values[one] ?? one;
  if (typeof value === 'object') return value.length > 0 ? value.map(inWords).join(', ') : a.nothing;
  return inWords(String(value));
}

/** What was chosen, one line each; with what stood before where that was kept. */
function linesOf(a: AuditWords, details: AuditDetails): string[] {
  return Object.entries(details).flatMap(([name, value]) => {
    if (name.endsWith(BEFORE) && name.slice(0, -BEFORE.length) in details) return [];
    const isEmpty = value === null || (typeof value === 'object' && value.length === 0);
    const had = `${name}${BEFORE}` in details;
    if (isEmpty && !had) return [];
    const after = textOf(a, value);
    const said = had ? a.from(textOf(a, details[`${name}${BEFORE}`]), after) : after;
    return [a.field(a.fields[name] ?? name, said)];
  });
}

/** What it was done to, by its name; an id says nothing to people. */
function subjectOf({ subject, subjectName }: AuditRow): string | undefined {
  if (subjectName) return subjectName;
  return subject && !/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(subject) ? subject : undefined;
}

function Row({ view, a, row }: { view: View; a: AuditWords; row: AuditRow }) {
  const subject = subjectOf(row);
  return (
    <tr>
      <td class="when">
        <time dateTime={row.at.toISOString()} title={view.format.exact(row.at)}>
          {view.format.moment(row.at)}
        </time>
      </td>
      <td class="actor">{actorOf(a, row)}</td>
      <th scope="row">
        {a.actions[row.action] ?? row.action}
        {subject && <span class="subject"> · {subject}</span>}
        {linesOf(a, row.details).map((line) => (
          <small key={line}>{line}</small>
        ))}
      </th>
    </tr>
  );
}

function Table({ view, a, rows }: { view: View; a: AuditWords; rows: readonly AuditRow[] }) {
  return (
    <table class="rows audit">
      <thead>
        <tr>
          {Object.entries(a.columns).map(([key, name]) => (
            <th key={key} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} view={view} a={a} row={row} />
        ))}
      </tbody>
    </table>
  );
}

/** The audit log of a company. */
export function auditPage(who: Session, places: readonly Place[], view: View, log: AuditLog): string {
  const a = auditWordsOf(who.locale);
  return framedPage({
    who,
    title: a.title,
    here: HERE,
    places,
    styles: ['desk.css', 'settings.css'],
    children: (
      <>
        <PageHead title={a.title} lead={a.lead} />
        <section>
          <Tabs
            label={a.noun}
            tabs={[undefined, ...AUDIT_NOUNS].map((noun) => ({
              href: hrefOf(noun),
              name: noun ? a.nouns[noun] : a.all,
              on: noun === log.noun,
            }))}
          />
          {log.rows.length > 0 && <Table view={view} a={a} rows={log.rows} />}
          {log.rows.length === 0 &&
            (log.noun ? (
              <p class="empty">{a.noneOfKind}</p>
            ) : (
              <div class="nothing">
                <h2>{a.none}</h2>
                <p>{a.noneLead}</p>
              </div>
            ))}
          <p class="pager">
            {!log.first && <a href={hrefOf(log.noun)}>{a.newest}</a>}
            {log.next && <a href={hrefOf(log.noun, log.next)}>{a.older}</a>}
          </p>
        </section>
      </>
    ),
  });
}
