import type { OverviewWords } from '../overview-words.js';
import { type Figures, ratio } from '../stats.js';
import type { View } from './view.js';

type Step = Readonly<{ name: string; count: number; of: number; formula?: string; before?: number }>;

function stepsOf({ w }: View, figures: Figures, before: Figures | undefined): Step[] {
  const { notices, withLink, candidatesClicked, registrations } = figures;
  const f = w.funnel;
  return [
    { name: f.notices, count: notices, of: notices, before: before?.notices },
    {
      name: f.withLink,
      count: withLink,
      of: notices,
      formula: f.formula.withLink,
      before: before?.withLink,
    },
    {
      name: f.clicked,
      count: candidatesClicked,
      of: withLink,
      formula: f.formula.clicked,
      before: before?.candidatesClicked,
    },
    {
      name: f.registered,
      count: registrations.received,
      of: withLink,
      formula: f.formula.registered,
      before: before?.registrations.received,
    },
    {
      name: f.counted,
      count: registrations.counted,
      of: withLink,
      formula: f.formula.counted,
      before: before?.registrations.counted,
    },
  ];
}

/** A clipped bar: a rate above 100 % happens when clicks of this range belong to mails of an earlier one. */
function Bar({ share }: { share: number }) {
  return (
    <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect class="rest" width="100" height="1" />
      <rect class="done" width={Math.min(share * 100, 100).toFixed(2)} height="1" />
    </svg>
  );
}

/** A rate; its formula, with its own numbers, is one tap away. */
function Rate({ view: { w, format }, step }: { view: View; step: Step }) {
  if (!step.formula) return null;
  const rate = format.percent(ratio(step.count, step.of));
  return (
    <details class="formula rate">
      <summary aria-label={`${rate} ${w.funnel.formulaOf(step.name)}`}>{rate}</summary>
      <p>
        {step.formula}
        <span class="number sum">
          {format.number(step.count)} ÷ {format.number(step.of)} = {rate}
        </span>
      </p>
    </details>
  );
}

/** How a figure moved against the period before: by which share, and what it was. */
function Change({ view: { format }, o, step }: { view: View; o: OverviewWords; step: Step }) {
  const { count, before } = step;
  if (before === undefined) return null;
  const was = format.number(before);
  const share = ratio(Math.abs(count - before), before);
  const percent = format.percent(share);
  const sign = count > before ? '+' : '−';
  // From nothing there is no share: the count itself says how much more.
  const moved = `${sign}${share === null ? format.number(count) : percent}`;
  const told = count > before ? o.change.more(moved, was) : o.change.less(moved, was);
  return (
    <small class="change number">
      <span aria-hidden="true">
        {count === before ? '±0' : moved} · {o.change.was(was)}
      </span>
      <span class="visually-hidden">{count === before ? o.change.none(was) : told}</span>
    </small>
  );
}

/** From the notices of a period to its referrals. */
export function Funnel({
  view,
  o,
  figures,
  before,
}: {
  view: View;
  o: OverviewWords;
  figures: Figures;
  before: Figures | undefined;
}) {
  const { w, format } = view;
  return (
    <section class="funnel" data-live="funnel">
      <h2>{w.funnel.title}</h2>
      <ol>
        {stepsOf(view, figures, before).map((step) => (
          <li key={step.name}>
            <b class="number">{format.number(step.count)}</b>
            <span>{step.name}</span>
            <Rate view={view} step={step} />
            <Change view={view} o={o} step={step} />
            <Bar share={ratio(step.count, step.of) ?? 0} />
          </li>
        ))}
      </ol>
    </section>
  );
}
