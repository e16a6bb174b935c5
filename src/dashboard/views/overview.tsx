import type { Session } from '../../web/session.js';
import { hrefOf, STEPS } from '../choice.js';
import type { Overview } from '../overview.js';
import { type OverviewWords, overviewWordsOf } from '../overview-words.js';
import { BreakdownPanel } from './breakdown.js';
import { Choices } from './choices.js';
import { framedPage, type Place } from './frame.js';
import { Funnel } from './funnel.js';
import { Hero } from './hero.js';
import { MessageTable, Recent, Visits } from './panels.js';
import { Plot } from './plot.js';
import { Setup } from './setup.js';
import { Tabs } from './tabs.js';
import type { View } from './view.js';

type Part = Readonly<{ view: View; o: OverviewWords; shown: Overview }>;

function OverTime({ view, o, shown: { choice, course, before } }: Part) {
  return (
    <section class="plot" data-live="plot">
      <h2>
        {view.w.plot.title}
        <Tabs
          label={o.range.step}
          tabs={STEPS.map((step) => ({
            href: hrefOf(choice, { step }),
            name: o.range.steps[step],
            on: step === choice.step,
          }))}
        />
      </h2>
      <Plot view={view} o={o} rows={course.series} before={before?.series} />
    </section>
  );
}

function Newest({ view, shown: { messages } }: Part) {
  const { w } = view;
  return (
    <section class="mails" data-live="mails">
      <h2>
        {w.messages.title}
        <small>
          <a href="/dashboard/messages">{w.messages.seeAll}</a>
        </small>
      </h2>
      {messages.length === 0 ? (
        <p class="empty">{w.messages.none}</p>
      ) : (
        <MessageTable view={view} messages={messages} />
      )}
    </section>
  );
}

function Figured(part: Part) {
  const { view, o, shown } = part;
  const { choice, course, before } = shown;
  return (
    <>
      <Choices view={view} o={o} choice={choice} today={shown.today} />
      <Funnel view={view} o={o} figures={course.figures} before={before?.figures} />
      <OverTime {...part} />
      <Recent view={view} happenings={shown.happenings} />
      <BreakdownPanel view={view} o={o} choice={choice} breakdown={shown.breakdown} />
      <Visits view={view} clicks={course.figures.clicks} />
      <Newest {...part} />
    </>
  );
}

/** The first page of a company: how far to the next credit, and what became of its notices. */
export function overviewPage(who: Session, places: readonly Place[], view: View, shown: Overview): string {
  const o = overviewWordsOf(who.locale);
  const { standing, projected, expiring } = shown;
  return framedPage({
    who,
    title: view.w.nav.overview,
    here: '/dashboard',
    places,
    modules: shown.fresh ? ['live.js'] : ['plot.js', 'live.js'],
    styles: shown.fresh
      ? ['desk.css', 'overview.css', 'ways.css']
      : ['overview.css', 'messages.css', 'uplot.css'],
    children: (
      <>
        <Hero view={view} o={o} standing={standing} projected={projected} expiring={expiring} />
        {shown.fresh ? (
          <Setup
            view={view}
            connection={shown.connection}
            title={view.w.setup.begin}
            level={2}
            mayIssue={who.member.role === 'admin'}
          />
        ) : (
          <Figured view={view} o={o} shown={shown} />
        )}
      </>
    ),
  });
}
