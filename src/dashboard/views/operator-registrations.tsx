import type { ComponentChildren } from 'preact';
import type { chainOf } from '../../registration/explain.js';
import type { listParked } from '../../registration/parked-store.js';
import type { Registration, Status } from '../../registration/store.js';
import type { RegistrationLine } from '../console-queries.js';
import type { ConsoleWords } from '../console-words.js';
import { Head, Scroll } from './company-desk.js';
import type { View } from './view.js';

type Words = ConsoleWords['registrations'];

export type RegistrationList = Readonly<{
  text: string;
  status: Status | null;
  lines: readonly RegistrationLine[];
  parked: Awaited<ReturnType<typeof listParked>>;
}>;

const linkTo = (externalId: string) => `/operator/registrations/${encodeURIComponent(externalId)}`;

function Search({ w, list }: { w: Words; list: RegistrationList }) {
  const statuses = Object.entries(w.statuses) as [Status, string][];
  return (
    <form class="fields" method="get" action="/operator/registrations">
      <label>
        {w.search}
        <input type="search" name="q" value={list.text} />
      </label>
      <label>
        {w.status}
        <select name="status">
          <option value="">{w.every}</option>
          {statuses.map(([status, name]) => (
            <option key={status} value={status} selected={status === list.status}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">{w.find}</button>
    </form>
  );
}

function Found({ w, view, list }: { w: Words; view: View; list: RegistrationList }) {
  if (list.lines.length === 0) return <p class="empty">{w.none}</p>;
  const { at, externalId, company, status, counted } = w.columns;
  return (
    <Scroll title={w.title}>
      <table class="listing">
        <Head names={[at, externalId, company, status, counted]} />
        <tbody>
          {list.lines.map((line) => (
            <tr key={line.externalId}>
              <td>{view.format.moment(line.createdAt)}</td>
              <th scope="row">
                <a href={linkTo(line.externalId)}>{line.externalId}</a>
              </th>
              <td>{line.companyName ?? w.unattributed}</td>
              <td>{w.statuses[line.status]}</td>
              <td>{line.counted ? w.yes : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Parked({ w, view, list }: { w: Words; view: View; list: RegistrationList }) {
  const state = { matched: '', expired: w.expired, closed: w.closed };
  return (
    <section class="companies">
      <h2>{w.parked}</h2>
      <p class="note">{w.parkedLead}</p>
      {list.parked.length === 0 ? (
        <p class="empty">{w.parkedNone}</p>
      ) : (
        <Scroll title={w.parked}>
          <table class="listing">
            <Head names={[w.columns.at, w.columns.externalId, w.link, w.until, w.status]} />
            <tbody>
              {list.parked.map((one) => (
                <tr key={one.registrationId}>
                  <td>{view.format.moment(one.parkedAt)}</td>
                  <th scope="row">
                    <a href={linkTo(one.externalId)}>{one.externalId}</a>
                  </th>
                  <td>{one.code ?? one.clickId}</td>
                  <td>{view.format.moment(one.expiresAt)}</td>
                  <td>{one.outcome ? state[one.outcome] : w.waiting}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

/** Registrations by search, and reports that wait. */
export function Registrations({ w, view, list }: { w: Words; view: View; list: RegistrationList }) {
  return (
    <>
      <section class="companies">
        <h1>{w.title}</h1>
        <p class="note">{w.lead}</p>
        <Search w={w} list={list} />
        <Found w={w} view={view} list={list} />
      </section>
      <Parked w={w} view={view} list={list} />
    </>
  );
}

export type ToldRegistration = Readonly<{
  registration: Registration;
  because: string;
  chain: Awaited<ReturnType<typeof chainOf>>;
}>;

type Step = Readonly<Record<string, unknown>>;

/** A value as it is kept: the operator compares it with logs and with the API. */
function shown(view: View, value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (value instanceof Date) return view.format.moment(value);
  return Array.isArray(value) ? value.join(' ') : String(value);
}

function Steps({ w, view, title, rows }: { w: Words; view: View; title: string; rows: readonly Step[] }) {
  const names = Object.keys(rows[0] ?? {});
  return (
    <section class="companies">
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="empty">{w.nothing}</p>
      ) : (
        <Scroll title={title}>
          <table class="listing">
            <Head names={names} />
            <tbody>
              {rows.map((row, place) => (
                <tr key={place}>
                  {names.map((name) => (
                    <td key={name}>{shown(view, row[name])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

/** One registration from the mail to the ledger, with the rule that decided. */
export function Chain({ w, view, told }: { w: Words; view: View; told: ToldRegistration }) {
  const { registration: r, chain } = told;
  const { status, origin, counted, reason, createdAt, occurredAt, verifiedAt, countedAt, reversedAt } = r;
  const kept = {
    status: w.statuses[status],
    origin,
    counted,
    reason,
    createdAt,
    occurredAt,
    verifiedAt,
    countedAt,
    reversedAt,
  };
  const steps: readonly [string, readonly Step[]][] = [
    [w.mails, chain.mails],
    [w.link, chain.link ? [chain.link] : []],
    [w.clicks, chain.clicks],
    [w.registration, [kept]],
    [w.entries, chain.ledger],
  ];
  const sections: ComponentChildren = steps.map(([title, rows]) => (
    <Steps key={title} w={w} view={view} title={title} rows={rows} />
  ));
  return (
    <>
      <section class="companies">
        <h1>{r.externalId}</h1>
        <p>
          {w.rule}: <strong>{told.because}</strong>
        </p>
        <p>
          <a href="/operator/registrations">{w.back}</a>
        </p>
      </section>
      {sections}
    </>
  );
}
