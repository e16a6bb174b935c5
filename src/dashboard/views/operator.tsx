import type { Company } from '../../company/store.js';
import type { Session } from '../../web/session.js';
import { newCompanyWordsOf } from '../new-company-words.js';
import type { Standing } from '../stats.js';
import { framedPage, type Place } from './frame.js';
import type { View } from './view.js';

export type Health = 'fine' | 'silent' | 'failing' | 'fresh';

export type CompanyLine = Readonly<{
  company: Company;
  relayed: number;
  inserted: number;
  clicks: number;
  standing: Standing;
  health: Health;
}>;

/** Orange asks for a person; the others only say how it is. */
const TAGS: Readonly<Record<Health, string>> = {
  fine: 'tag rejection',
  failing: 'tag failing',
  silent: 'tag failing',
  fresh: 'tag',
};

function Totals({ view: { w, format }, lines }: { view: View; lines: readonly CompanyLine[] }) {
  const sum = (of: (line: CompanyLine) => number) => lines.reduce((total, line) => total + of(line), 0);
  const totals: [string, number][] = [
    [w.operator.totals.companies, lines.length],
    [w.operator.totals.mails, sum((line) => line.relayed)],
    [w.operator.totals.counted, sum((line) => line.standing.referrals.counted)],
    [w.operator.totals.credits, sum((line) => line.standing.credits.available)],
  ];
  return (
    <dl class="totals">
      {totals.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="number">{format.number(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Line({ view: { w, format }, line }: { view: View; line: CompanyLine }) {
  const { threshold, towardsNext, counted } = line.standing.referrals;
  return (
    <tr>
      <th scope="row">
        <a href={`/operator/companies/${line.company.id}`}>{line.company.name}</a>
      </th>
      <td>{format.number(line.relayed)}</td>
      <td>{format.number(line.inserted)}</td>
      <td>{format.number(line.clicks)}</td>
      <td>{format.number(counted)}</td>
      <td>
        <span class="progress">
          {towardsNext} / {threshold}
          <svg class="bar" viewBox={`0 0 ${threshold} 1`} preserveAspectRatio="none" aria-hidden="true">
            <rect class="rest" width={threshold} height="1" />
            <rect class="done" width={Math.max(towardsNext, 0)} height="1" />
          </svg>
        </span>
      </td>
      <td>{format.number(line.standing.credits.available)}</td>
      <td>
        <span class={TAGS[line.health]}>{w.operator.states[line.health]}</span>
      </td>
    </tr>
  );
}

export function operatorPage(
  who: Session,
  places: readonly Place[],
  view: View,
  lines: readonly CompanyLine[],
): string {
  const { operator } = view.w;
  const columns = [
    operator.company,
    operator.mails,
    operator.inserted,
    operator.clicks,
    operator.counted,
    operator.progress,
    operator.credits,
    operator.health,
  ];
  return framedPage({
    who,
    title: operator.title,
    here: '/operator',
    places,
    children: (
      <>
        <section class="summary">
          <Totals view={view} lines={lines} />
        </section>
        <section class="companies">
          <h1>{operator.title}</h1>
          <p class="note">{operator.lastDays}</p>
          <p>
            <a href="/operator/companies/new">{newCompanyWordsOf(who.locale).title} →</a>
          </p>
          {lines.length === 0 ? (
            <p class="empty">{operator.none}</p>
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard (WCAG 2.1.1)
            <section class="scroll" tabIndex={0} aria-label={operator.title}>
              <table>
                <thead>
                  <tr>
                    {columns.map((name) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {lines.map((line) => (
                    <Line key={line.company.id} view={view} line={line} />
                  ))}
                </tbody>
              </table>
            </section>
          )}
        </section>
      </>
    ),
  });
}
