import { type Figures, ratio } from '../stats.js';
import type { View } from './view.js';

type Step = Readonly<{ name: string; count: number; of: number; formula?: string }>;

function stepsOf({ w }: View, figures: Figures): Step[] {
  const { notices, withLink, candidatesClicked, registrations } = figures;
  const f = w.funnel;
  return [
    { name: f.notices, count: notices, of: notices },
    { name: f.withLink, count: withLink, of: notices, formula: f.formula.withLink },
    { name: f.clicked, count: candidatesClicked, of: withLink, formula: f.formula.clicked },
    { name: f.registered, count: registrations.received, of: withLink, formula: f.formula.registered },
    { name: f.counted, count: registrations.counted, of: withLink, formula: f.formula.counted },
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

export function Funnel({ view, figures }: { view: View; figures: Figures }) {
  const { w, format } = view;
  return (
    <section class="funnel" data-live="funnel">
      <h2>{w.funnel.title}</h2>
      <ol>
        {stepsOf(view, figures).map(({ name, count, of, formula }) => (
          <li key={name}>
            <b class="number">{format.number(count)}</b>
            <span>{name}</span>
            {formula && (
              <details class="formula rate">
                <summary aria-label={`${format.percent(ratio(count, of))} ${w.funnel.formulaOf(name)}`}>
                  {format.percent(ratio(count, of))}
                </summary>
                <p>{formula}</p>
              </details>
            )}
            <Bar share={ratio(count, of) ?? 0} />
          </li>
        ))}
      </ol>
    </section>
  );
}
