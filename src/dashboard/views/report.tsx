import type { ComponentChildren } from 'preact';
import type { Company, Locale } from '../../company/store.js';
import type { Statement } from '../../credit/statement.js';
import { renderPage } from '../../web/page.js';
import type { Session } from '../../web/session.js';
import { creditWordsOf } from '../credit-words.js';
import { type ReportWords, reportWordsOf } from '../report-words.js';
import { type Figures, type KeyedFigures, ratio } from '../stats.js';
import { signed } from './entries.js';
import type { View } from './view.js';

export type Report = Readonly<{
  locale: Locale;
  company: Company;
  /** `YYYY-MM` */
  month: string;
  /** The month is not over yet. */
  soFar: boolean;
  figures: Figures;
  weeks: readonly KeyedFigures[];
  jobs: readonly KeyedFigures[];
  statement: Statement;
  remaining: number;
}>;

/** Jobs that a page has room for; the others are counted. */
const MOST_JOBS = 20;

type Part = Readonly<{ w: ReportWords; view: View; report: Report }>;

function Head({ w, view, report }: Part) {
  return (
    <header>
      <p class="report-product">Career Relay</p>
      <h1>
        {w.title} <span>{w.monthOf(report.month)}</span>
      </h1>
      <p class="report-company">{report.company.name}</p>
      <p class="report-small">
        {w.made(view.format.moment(view.now), report.company.timeZone)} {report.soFar && w.soFar}
      </p>
    </header>
  );
}

function Counts({ w, view, report }: Part) {
  const { notices, withLink, candidatesClicked, registrations, clicks } = report.figures;
  const f = view.w.funnel;
  const { format } = view;
  const tiles: [string, number][] = [
    [f.notices, notices],
    [f.withLink, withLink],
    [f.clicked, candidatesClicked],
    [f.registered, registrations.received],
    [f.counted, registrations.counted],
  ];
  const rates: [string, number | null, string][] = [
    [w.clickRate, ratio(candidatesClicked, withLink), w.clickFormula],
    [w.registrationRate, ratio(registrations.counted, withLink), w.registrationFormula],
    [w.utilisation, ratio(registrations.counted, notices), w.utilisationFormula],
  ];
  const machines = clicks.scanner + clicks.bot + clicks.prefetch;
  return (
    <section>
      <h2>{w.figures}</h2>
      <dl class="report-tiles">
        {tiles.map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{format.number(count)}</dd>
          </div>
        ))}
      </dl>
      <table>
        <thead>
          <tr>
            <th scope="col">{w.rates}</th>
            <th scope="col">{w.rate}</th>
            <th scope="col" class="report-text">
              {w.formula}
            </th>
          </tr>
        </thead>
        <tbody>
          {rates.map(([name, rate, formula]) => (
            <tr key={formula}>
              <th scope="row">{name}</th>
              <td>{format.percent(rate)}</td>
              <td class="report-text">{formula}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="report-small">{w.clicksApart(clicks.human, clicks.suspected, machines)}</p>
    </section>
  );
}

function Credits({ w, view, report }: Part) {
  const { opening, closing, totals, anchor } = report.statement;
  const c = creditWordsOf(report.locale);
  const { format } = view;
  return (
    <section>
      <h2>{w.credits}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{c.statements.kind}</th>
            <th scope="col">{c.columns.referrals}</th>
            <th scope="col">{c.columns.progress}</th>
            <th scope="col">{c.columns.credits}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{c.statements.opening}</th>
            <td>{format.number(opening.referrals)}</td>
            <td>{format.number(opening.progress)}</td>
            <td>{format.number(opening.credits)}</td>
          </tr>
          {totals.map((total) => (
            <tr key={total.kind}>
              <th scope="row">{c.kinds[total.kind]}</th>
              <td>{signed(format, total.referrals)}</td>
              <td>{signed(format, total.progress)}</td>
              <td>{signed(format, total.credits)}</td>
            </tr>
          ))}
          <tr class="report-sum">
            <th scope="row">{c.statements.closing}</th>
            <td>{format.number(closing.referrals)}</td>
            <td>{format.number(closing.progress)}</td>
            <td>{format.number(closing.credits)}</td>
          </tr>
        </tbody>
      </table>
      <p>{w.next(report.remaining)}</p>
      {totals.length === 0 && <p class="report-small">{w.noTotals}</p>}
      {anchor && <p class="report-small report-hash">{w.anchor(anchor.sequence, anchor.hash)}</p>}
    </section>
  );
}

function FiguresTable(
  props: Readonly<{
    view: View;
    title: string;
    first: string;
    rows: readonly [string, KeyedFigures][];
    more?: string;
  }>,
) {
  const { view, rows } = props;
  const f = view.w.funnel;
  const { number } = view.format;
  if (rows.length === 0) return null;
  return (
    <section>
      <h2>{props.title}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{props.first}</th>
            <th scope="col">{f.notices}</th>
            <th scope="col">{f.clicked}</th>
            <th scope="col">{f.registered}</th>
            <th scope="col">{f.counted}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, row]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{number(row.notices)}</td>
              <td>{number(row.candidatesClicked)}</td>
              <td>{number(row.registrations.received)}</td>
              <td>{number(row.registrations.counted)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {props.more && <p class="report-small">{props.more}</p>}
    </section>
  );
}

function Screen({ children }: { children: ComponentChildren }) {
  return <nav class="report-screen">{children}</nav>;
}

/** A month of a company on paper: what is only for the screen stays there (`report.css`, `@media print`). */
export function reportPage(who: Session, view: View, report: Report): string {
  const w = reportWordsOf(who.locale);
  const { jobs, weeks, month } = report;
  const shown = jobs.slice(0, MOST_JOBS);
  const part = { w, view, report };
  return renderPage({
    title: `${w.title} ${month} – ${report.company.name}`,
    locale: who.locale,
    styles: ['report.css'],
    body: (
      <>
        <Screen>
          <a href="/dashboard">{w.back}</a>
          <form method="get">
            <label for="month">{w.choose}</label> <input id="month" type="month" name="month" value={month} />
            <button type="submit">{w.show}</button>
          </form>
          <p>{w.print}</p>
        </Screen>
        <main class="report">
          <Head {...part} />
          <Counts {...part} />
          <Credits {...part} />
          <FiguresTable
            view={view}
            title={w.weeks}
            first={w.week}
            rows={weeks.map((row) => [view.format.day(String(row.key)), row])}
          />
          <FiguresTable
            view={view}
            title={w.jobs}
            first={w.job}
            rows={shown.map((row) => [row.key ?? w.unlabelled, row])}
            more={jobs.length > shown.length ? w.moreJobs(jobs.length - shown.length) : undefined}
          />
        </main>
      </>
    ),
  });
}
