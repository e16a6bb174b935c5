import type { Head } from '../../credit/entry.js';
import type { StatementEntry } from '../../credit/statement.js';
import type { Session } from '../../web/session.js';
import { creditWordsOf } from '../credit-words.js';
import { EntryTable } from './entries.js';
import { framedPage, PageHead, type Place } from './frame.js';
import type { View } from './view.js';

export type Sums = Omit<Head, 'companyId' | 'hash'>;

/** Where the credits came from and went: the figures that the formula names. */
export function CreditSums({
  view,
  sums,
  threshold,
  locale,
}: {
  view: View;
  sums: Sums;
  threshold: number;
  locale: Session['locale'];
}) {
  const c = creditWordsOf(locale);
  const { format } = view;
  const rows = (['credits', 'earned', 'adjusted', 'redeemed', 'expired', 'revoked'] as const).map(
    (name) => [c.sums[name], format.number(sums[name])] as const,
  );
  return (
    <>
      <dl class="totals">
        {[...rows, [c.sums.progress, `${sums.progress} / ${threshold}`] as const].map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="number">{value}</dd>
          </div>
        ))}
      </dl>
      <p class="sums-formula note">{c.formula}</p>
    </>
  );
}

export type CreditList = Readonly<{
  sums: Sums;
  threshold: number;
  entries: readonly StatementEntry[];
  /** The sequence that the next page comes before, when there is one. */
  next: number | undefined;
  first: boolean;
}>;

/** The company's own ledger, in words. */
export function creditsPage(who: Session, places: readonly Place[], view: View, list: CreditList): string {
  const c = creditWordsOf(who.locale);
  const { sums, threshold, entries, next, first } = list;
  return framedPage({
    who,
    title: c.title,
    here: '/dashboard/credits',
    places,
    styles: ['ledger.css'],
    children: (
      <>
        <PageHead title={c.title} lead={c.lead} />
        <section class="summary">
          <CreditSums view={view} sums={sums} threshold={threshold} locale={who.locale} />
          <details class="formula">
            <summary>{view.w.hero.formulaTitle}</summary>
            <p>{view.w.hero.formula(threshold)}</p>
          </details>
        </section>
        <section>
          {entries.length === 0 ? (
            <p class="empty">{c.none}</p>
          ) : (
            <EntryTable view={view} c={c} entries={entries} />
          )}
          <p class="pager">
            {!first && <a href="/dashboard/credits">{c.newest}</a>}
            {next !== undefined && <a href={`/dashboard/credits?before=${next}`}>{c.older}</a>}
          </p>
        </section>
      </>
    ),
  });
}
