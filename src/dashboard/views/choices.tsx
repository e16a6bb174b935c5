import { type Choice, hrefOf, PRESETS, spanBefore } from '../choice.js';
import { addDays } from '../days.js';
import type { OverviewWords } from '../overview-words.js';
import { Tabs } from './tabs.js';
import type { View } from './view.js';

/** Two days and a button; sent by GET, so that the address can be kept. */
function OwnDays({ o, choice, today }: { o: OverviewWords; choice: Choice; today: string }) {
  return (
    <details class="own-days">
      <summary aria-current={choice.preset === undefined ? 'true' : undefined}>{o.range.own}</summary>
      <form method="get" action="/dashboard">
        <label>
          {o.range.from}
          <input type="date" name="from" value={choice.from} max={today} required />
        </label>
        <label>
          {o.range.to}
          <input type="date" name="to" value={choice.to} max={today} required />
        </label>
        {choice.compare && <input type="hidden" name="compare" value="1" />}
        {choice.of !== 'job' && <input type="hidden" name="of" value={choice.of} />}
        <button type="submit">{o.range.show}</button>
      </form>
    </details>
  );
}

/** Which days the page is about, and what they are compared with. */
export function Choices({
  view: { w, format },
  o,
  choice,
  today,
}: {
  view: View;
  o: OverviewWords;
  choice: Choice;
  today: string;
}) {
  const before = spanBefore(choice);
  return (
    <div class="choices">
      <p class="span">
        {format.span(choice.from, choice.to)}
        <span class="live" hidden>
          {w.live}
        </span>
        {choice.isFaulty && <strong role="alert">{o.range.faulty}</strong>}
        {choice.compare && <small>{o.range.before(format.span(before.from, before.to))}</small>}
      </p>
      <a
        class="compare"
        href={hrefOf(choice, { compare: !choice.compare })}
        aria-current={choice.compare ? 'true' : undefined}
      >
        {o.range.compare}
      </a>
      <Tabs
        label={o.range.title}
        tabs={PRESETS.map((days) => ({
          href: hrefOf(choice, { preset: days, from: addDays(today, 1 - days), to: today }),
          name: o.range.preset(days),
          on: days === choice.preset,
        }))}
      />
      <OwnDays o={o} choice={choice} today={today} />
    </div>
  );
}
