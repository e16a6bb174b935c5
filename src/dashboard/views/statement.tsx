import type { Company } from '../../company/store.js';
import type { Balance, Statement } from '../../credit/statement.js';
import type { Session } from '../../web/session.js';
import { type CreditWords, creditWordsOf } from '../credit-words.js';
import { EntryTable, signed } from './entries.js';
import { framedPage, type Place } from './frame.js';
import type { View } from './view.js';

function Totals({ view: { format }, c, statement }: { view: View; c: CreditWords; statement: Statement }) {
  const balance = (name: string, { referrals, progress, credits }: Balance) => (
    <tr>
      <th scope="row">{name}</th>
      <td />
      <td>{format.number(referrals)}</td>
      <td>{format.number(progress)}</td>
      <td>{format.number(credits)}</td>
    </tr>
  );
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{c.statements.kind}</th>
          <th scope="col">{c.statements.count}</th>
          <th scope="col">{c.columns.referrals}</th>
          <th scope="col">{c.columns.progress}</th>
          <th scope="col">{c.columns.credits}</th>
        </tr>
      </thead>
      <tbody>
        {balance(c.statements.opening, statement.opening)}
        {statement.totals.map((total) => (
          <tr key={total.kind}>
            <th scope="row">{c.kinds[total.kind]}</th>
            <td>{format.number(total.entries)}</td>
            <td>{signed(format, total.referrals)}</td>
            <td>{signed(format, total.progress)}</td>
            <td>{signed(format, total.credits)}</td>
          </tr>
        ))}
        {balance(c.statements.closing, statement.closing)}
      </tbody>
    </table>
  );
}

/** A month on paper: the menu and the links stay on the screen. */
export function statementPage(
  who: Session,
  places: readonly Place[],
  view: View,
  company: Company,
  statement: Statement,
): string {
  const c = creditWordsOf(who.locale);
  const { entries, month, timeZone, anchor } = statement;
  const title = c.statements.of(month);
  return framedPage({
    who,
    title,
    here: '/operator',
    places,
    children: (
      <>
        <section class="statement">
          <h1>{c.statements.heading(company.name)}</h1>
          <p class="note">
            {c.statements.product} · {title} · {c.statements.zone(timeZone)}
          </p>
          <h2>{c.statements.totals}</h2>
          <Totals view={view} c={c} statement={statement} />
          <p class="note">{c.formula}</p>
        </section>
        <section class="statement">
          <h2>{c.statements.entries}</h2>
          {entries.length === 0 ? (
            <p class="empty">{c.statements.none}</p>
          ) : (
            <EntryTable view={view} c={c} entries={entries} />
          )}
          {anchor && <p class="note anchor">{c.statements.anchor(anchor.sequence, anchor.hash)}</p>}
          <p class="pager">
            <a href={`/operator/companies/${company.id}`}>{c.statements.back}</a>
          </p>
        </section>
      </>
    ),
  });
}
