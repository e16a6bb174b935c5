import type { ComponentChildren } from 'preact';
import type { Reconciliation, ReconciliationLine } from '../../credit/reconciliation.js';
import type { Session } from '../../web/session.js';
import { type CreditWords, creditWordsOf } from '../credit-words.js';
import { Head } from './company-desk.js';
import { framedPage, type Place } from './frame.js';
import type { View } from './view.js';

const HERE = '/operator/reconciliations';

function Table({ names, children }: { names: readonly string[]; children: ComponentChildren }) {
  return (
    <table>
      <Head names={names} />
      <tbody>{children}</tbody>
    </table>
  );
}

function Lines({
  view: { format },
  c,
  lines,
}: {
  view: View;
  c: CreditWords;
  lines: readonly ReconciliationLine[];
}) {
  const { at, months, listed, matched, unmatched } = c.reconciliations;
  return (
    <Table names={[at, months, listed, matched, unmatched]}>
      {lines.map((line) => (
        <tr key={line.id}>
          <th scope="row">
            <a href={`${HERE}/${line.id}`}>{format.moment(line.at)}</a>
          </th>
          <td>{line.months.join(', ')}</td>
          <td>{format.number(line.listed)}</td>
          <td>{format.number(line.matched)}</td>
          <td>{format.number(line.unmatched)}</td>
        </tr>
      ))}
    </Table>
  );
}

/** What was compared so far, and a form for another list. @param invalid the list that was sent could not be read */
export function reconciliationsPage(
  who: Session,
  places: readonly Place[],
  view: View,
  lines: readonly ReconciliationLine[],
  invalid: boolean,
): string {
  const c = creditWordsOf(who.locale);
  const { reconciliations } = c;
  return framedPage({
    who,
    title: reconciliations.title,
    here: HERE,
    places,
    children: (
      <>
        <section>
          <h1>{reconciliations.title}</h1>
          <p class="note">{reconciliations.lead}</p>
          {lines.length === 0 ? (
            <p class="empty">{reconciliations.none}</p>
          ) : (
            <Lines view={view} c={c} lines={lines} />
          )}
        </section>
        <section>
          <h2>{reconciliations.run}</h2>
          {invalid && (
            <p class="said asks" role="status">
              {reconciliations.invalid}
            </p>
          )}
          <form class="fields" method="post" action={HERE}>
            <input type="hidden" name="csrf" value={who.csrf} />
            <label class="whole">
              {reconciliations.list}
              <textarea name="list" rows={8} required aria-describedby="list-hint" />
            </label>
            <p class="note whole" id="list-hint">
              {reconciliations.hint}
            </p>
            <button type="submit">{reconciliations.run}</button>
          </form>
        </section>
      </>
    ),
  });
}

type Row = Readonly<{ externalId: string; month: string; status: string; listedStatus?: string }>;

function Part({
  title,
  names,
  rows,
  c,
}: {
  title: string;
  names: readonly string[];
  rows: readonly Row[];
  c: CreditWords;
}) {
  return (
    <section>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="empty">{c.reconciliations.nothing}</p>
      ) : (
        <Table names={[c.reconciliations.externalId, c.reconciliations.month, ...names]}>
          {rows.map((row) => (
            <tr key={row.externalId}>
              <th scope="row">{row.externalId}</th>
              <td>{row.month}</td>
              <td>{row.status}</td>
              {row.listedStatus !== undefined && <td>{row.listedStatus}</td>}
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

/** One comparison with everything that differed. */
export function reconciliationPage(
  who: Session,
  places: readonly Place[],
  view: View,
  one: Reconciliation,
): string {
  const c = creditWordsOf(who.locale);
  const w = c.reconciliations;
  const figures: [string, string][] = [
    [w.at, view.format.moment(one.at)],
    [w.months, one.months.join(', ')],
    [w.listed, view.format.number(one.listed)],
    [w.matched, view.format.number(one.matched)],
  ];
  return framedPage({
    who,
    title: w.title,
    here: HERE,
    places,
    children: (
      <>
        <section>
          <h1>{w.title}</h1>
          <dl class="settings">
            {figures.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <p class="pager">
            <a href={HERE}>{w.back}</a>
          </p>
        </section>
        <Part title={w.differing} names={[w.here, w.there]} rows={one.differing} c={c} />
        <Part title={w.missingHere} names={[w.there]} rows={one.missingHere} c={c} />
        <Part title={w.missingThere} names={[w.here]} rows={one.missingThere} c={c} />
      </>
    ),
  });
}
