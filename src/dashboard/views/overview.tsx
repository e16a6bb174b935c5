import type { Company } from '../../company/store.js';
import type { Session } from '../../web/session.js';
import type { Step } from '../days.js';
import type { Happening, MessageRow } from '../queries.js';
import type { Figures, KeyedFigures, Standing } from '../stats.js';
import { framedPage, type Place } from './frame.js';
import { Funnel } from './funnel.js';
import { Hero } from './hero.js';
import { Jobs, MessageTable, Recent, Visits } from './panels.js';
import { Plot } from './plot.js';
import { type Connection, Setup } from './setup.js';
import type { View } from './view.js';

export const SPANS = [7, 30, 90] as const;
export const STEPS: readonly Step[] = ['day', 'week', 'month'];

export type Choice = Readonly<{ days: (typeof SPANS)[number]; step: Step; from: string; to: string }>;

export type Overview = Readonly<{
  company: Company;
  choice: Choice;
  standing: Standing;
  projected: string | undefined;
  figures: Figures;
  series: readonly KeyedFigures[];
  jobs: readonly KeyedFigures[];
  happenings: readonly Happening[];
  messages: readonly MessageRow[];
  connection: Connection;
  /** Nothing has passed yet: the page shows what to do next. */
  fresh: boolean;
}>;

function Tabs({
  label,
  tabs,
}: {
  label: string;
  tabs: readonly { href: string; name: string; on: boolean }[];
}) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ href, name, on }) => (
        <a key={href} href={href} aria-current={on ? 'true' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

function Choices({ view: { w, format }, choice }: { view: View; choice: Choice }) {
  return (
    <div class="choices">
      <p>
        {format.span(choice.from, choice.to)}
        <span class="live" hidden>
          {w.live}
        </span>
      </p>
      <Tabs
        label={w.range.title}
        tabs={SPANS.map((days) => ({
          href: `?days=${days}&by=${choice.step}`,
          name: w.range.days(days),
          on: days === choice.days,
        }))}
      />
    </div>
  );
}

function Figured({ view, shown }: { view: View; shown: Overview }) {
  const { w } = view;
  const { choice } = shown;
  return (
    <>
      <Choices view={view} choice={choice} />
      <Funnel view={view} figures={shown.figures} />
      <section class="plot" data-live="plot">
        <h2>
          {w.plot.title}
          <Tabs
            label={w.range.step}
            tabs={STEPS.map((step) => ({
              href: `?days=${choice.days}&by=${step}`,
              name: w.range[step],
              on: step === choice.step,
            }))}
          />
        </h2>
        <Plot view={view} rows={shown.series} />
      </section>
      <Recent view={view} happenings={shown.happenings} />
      <Jobs view={view} rows={shown.jobs} />
      <Visits view={view} clicks={shown.figures.clicks} />
      <section class="mails" data-live="mails">
        <h2>
          {w.messages.title}
          <small>
            <a href="/dashboard/messages">{w.messages.seeAll}</a>
          </small>
        </h2>
        {shown.messages.length === 0 ? (
          <p class="empty">{w.messages.none}</p>
        ) : (
          <MessageTable view={view} messages={shown.messages} />
        )}
      </section>
    </>
  );
}

export function overviewPage(who: Session, places: readonly Place[], view: View, shown: Overview): string {
  return framedPage({
    who,
    title: view.w.nav.overview,
    here: '/dashboard',
    places,
    modules: shown.fresh ? ['live.js'] : ['plot.js', 'live.js'],
    styles: shown.fresh ? [] : ['uplot.css'],
    children: (
      <>
        <Hero view={view} standing={shown.standing} projected={shown.projected} />
        {shown.fresh ? (
          <Setup view={view} connection={shown.connection} title={view.w.setup.begin} level={2} />
        ) : (
          <Figured view={view} shown={shown} />
        )}
      </>
    ),
  });
}
