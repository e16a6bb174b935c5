import type { Expiring } from '../credit-queries.js';
import type { OverviewWords } from '../overview-words.js';
import type { Standing } from '../stats.js';
import type { View } from './view.js';

/** More stations than this are drawn as a bar. */
const STATIONS = 12;

function Stations({ done, all, label }: { done: number; all: number; label: string }) {
  return (
    <div class="stations" role="img" aria-label={label}>
      {Array.from({ length: all }, (_, index) => {
        const on = index < done;
        const state = on ? (index === done - 1 ? 'on last' : 'on') : '';
        return (
          <span key={String(index)} class={state}>
            <i>{index === all - 1 ? all : ''}</i>
          </span>
        );
      })}
    </div>
  );
}

function Bar({ done, all, label }: { done: number; all: number; label: string }) {
  return (
    <svg class="longbar" role="img" aria-label={label} viewBox={`0 0 ${all} 1`} preserveAspectRatio="none">
      <rect class="rest" width={all} height="1" />
      <rect class="done" width={done} height="1" />
    </svg>
  );
}

/** What became of the company's credits: those to use, and those that will be lost, ask for a person. */
function Credits({
  view: { w, format },
  o,
  standing: { credits },
  expiring,
}: {
  view: View;
  o: OverviewWords;
  standing: Standing;
  expiring: Expiring;
}) {
  const rows = [
    { name: w.credits.available, count: credits.available, asks: credits.available > 0 },
    { name: w.credits.earned, count: credits.earned, asks: false },
    { name: w.credits.redeemed, count: credits.redeemed, asks: false },
    { name: o.expiring(expiring.days), count: expiring.credits, asks: expiring.credits > 0 },
  ];
  return (
    <dl class="credits">
      {rows.map(({ name, count, asks }, index) => (
        <div key={name} class={asks ? 'asks' : undefined}>
          <dt>
            {name}
            {index === rows.length - 1 && expiring.first && (
              <small>{o.expiringFirst(format.date(expiring.first))}</small>
            )}
          </dt>
          <dd class="number">{format.number(count)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The answer to "how far to the next free introduction?", first on the page. */
export function Hero({
  view,
  o,
  standing,
  projected,
  expiring,
}: {
  view: View;
  o: OverviewWords;
  standing: Standing;
  projected: string | undefined;
  expiring: Expiring;
}) {
  const { w, format } = view;
  const { threshold, towardsNext, remaining } = standing.referrals;
  const done = Math.min(Math.max(towardsNext, 0), threshold);
  const label = w.hero.track(towardsNext, threshold);
  const Track = threshold <= STATIONS ? Stations : Bar;
  return (
    <section class="hero" data-live="hero">
      <div>
        <h1>
          {w.hero.before}
          <em>{w.hero.people(format.number(remaining))}</em>
          {w.hero.middle}
          <em>{w.hero.one}</em>
          {w.hero.after}
        </h1>
        <Track done={done} all={threshold} label={label} />
        <div class="sub">
          {towardsNext < 0 && <p>{w.hero.owed(-towardsNext)}</p>}
          <p>{projected ? w.hero.pace(format.day(projected)) : w.hero.noPace}</p>
          <details class="formula">
            <summary>{w.hero.formulaTitle}</summary>
            <p>{w.hero.formula(threshold)}</p>
          </details>
        </div>
      </div>
      <Credits view={view} o={o} standing={standing} expiring={expiring} />
    </section>
  );
}
