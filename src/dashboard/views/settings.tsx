import { type Company, NOTICE_KINDS } from '../../company/store.js';
import type { Exclusion } from '../../credit/exclusion.js';
import type { Session } from '../../web/session.js';
import { type SettingsSaid, settingsWordsOf } from '../settings-words.js';
import { Exclusions, Told } from './exclusions.js';
import { framedPage, type Place } from './frame.js';
import type { View } from './view.js';

export type Settings = Readonly<{
  company: Company;
  exclusions: readonly Exclusion[];
  /** Administrators change; the others read. */
  mayChange: boolean;
  said: SettingsSaid | undefined;
}>;

const HERE = '/dashboard/settings';

function Notices({ who, settings: { company, mayChange } }: { who: Session; settings: Settings }) {
  const w = settingsWordsOf(who.locale).notices;
  return (
    <section>
      <h2>{w.title}</h2>
      <p class="note">{mayChange ? w.lead : w.readOnly}</p>
      <form class="ticks" method="post" action={`${HERE}/notices`}>
        <input type="hidden" name="csrf" value={who.csrf} />
        {NOTICE_KINDS.map((kind) => (
          <label key={kind}>
            <input
              type="checkbox"
              name={kind}
              value="yes"
              checked={!company.noticesOff.includes(kind)}
              disabled={!mayChange}
            />
            {w.kinds[kind]}
          </label>
        ))}
        {mayChange && <button type="submit">{w.save}</button>}
      </form>
    </section>
  );
}

/** What a company decides for itself: which notices it wants, and who of its own does not count. */
export function settingsPage(who: Session, places: readonly Place[], view: View, settings: Settings): string {
  const w = settingsWordsOf(who.locale);
  const { exclusions, mayChange, said } = settings;
  const list = {
    who,
    view,
    rows: exclusions,
    action: `${HERE}/exclusions`,
    lead: w.exclusions.ofCompany,
    endable: mayChange ? (one: Exclusion) => one.source === 'company' : undefined,
    sources: w.exclusions.sources,
  };
  return framedPage({
    who,
    title: w.title,
    here: HERE,
    places,
    children: (
      <>
        <section class="summary">
          <h1>{w.title}</h1>
          <Told w={w} said={said} />
        </section>
        <Notices who={who} settings={settings} />
        <Exclusions list={list} level={2} />
      </>
    ),
  });
}
