import type { ComponentChildren } from 'preact';
import type { LinkHostState } from '../../company/link-host.js';
import { type Company, NOTICE_KINDS } from '../../company/store.js';
import type { Exclusion } from '../../credit/exclusion.js';
import type { Session } from '../../web/session.js';
import { blockWordsOf } from '../block-words.js';
import { type SettingsSaid, type SettingsWords, settingsWordsOf } from '../settings-words.js';
import { Exclusions, Told } from './exclusions.js';
import { framedPage, PageHead, type Place } from './frame.js';
import type { View } from './view.js';

export type Settings = Readonly<{
  company: Company;
  exclusions: readonly Exclusion[];
  /** Administrators change; the others read. */
  mayChange: boolean;
  said: SettingsSaid | undefined;
  /** What a link host is to be an alias of. */
  target: string;
  /** What the DNS says of the company's link host, when that was asked. */
  linkHostState: LinkHostState | undefined;
}>;

const HERE = '/dashboard/settings';
const POLICIES = ['auto', 'explicit', 'all', 'shadow'] as const;
const LOCALES = ['ja', 'en'] as const;
/** Offered while one types; any zone of the IANA database is taken. */
const ZONES = [
  'Asia/Tokyo',
  'Asia/Seoul',
  'Asia/Shanghai',
  'Asia/Singapore',
  'Asia/Kolkata',
  'Europe/London',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
  'UTC',
];

type Part = Readonly<{ who: Session; w: SettingsWords; settings: Settings }>;

/** A form that only administrators can send; the others read what is in it. */
function Form({
  part,
  to,
  className,
  children,
}: {
  part: Part;
  to: string;
  className: string;
  children: ComponentChildren;
}) {
  const { who, w, settings } = part;
  return (
    <form class={className} method="post" action={`${HERE}/${to}`}>
      <input type="hidden" name="csrf" value={who.csrf} />
      <fieldset class="plain" disabled={!settings.mayChange}>
        {children}
        {settings.mayChange && <button type="submit">{w.save}</button>}
      </fieldset>
    </form>
  );
}

function General(part: Part) {
  const { w, settings } = part;
  const { company } = settings;
  const g = w.general;
  return (
    <section>
      <h2>{g.title}</h2>
      <Form part={part} to="general" className="fields stacked">
        <label>
          {g.name}
          <input name="name" value={company.name} required maxLength={200} />
        </label>
        <label>
          {g.policy}
          <select name="policy">
            {POLICIES.map((policy) => (
              <option key={policy} value={policy} selected={policy === company.policy}>
                {g.policies[policy]}
              </option>
            ))}
          </select>
        </label>
        <label>
          {g.locale}
          <select name="locale" aria-describedby="locale-hint">
            {LOCALES.map((locale) => (
              <option key={locale} value={locale} selected={locale === company.locale}>
                {g.locales[locale]}
              </option>
            ))}
          </select>
          <small id="locale-hint">{g.localeHint}</small>
        </label>
        <label>
          {g.timeZone}
          <input
            name="timeZone"
            value={company.timeZone}
            required
            list="zones"
            spellcheck={false}
            aria-describedby="zone-hint"
          />
          <small id="zone-hint">{g.timeZoneHint}</small>
        </label>
        <datalist id="zones">
          {ZONES.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </Form>
    </section>
  );
}

function toldOf({ linkHost: { states } }: SettingsWords, state: LinkHostState): string {
  return state.kind === 'elsewhere' ? states.elsewhere(state.to.join(', ')) : states[state.kind];
}

function LinkHost(part: Part) {
  const { w, settings } = part;
  const { company, target, linkHostState } = settings;
  const l = w.linkHost;
  return (
    <section id="link-host">
      <h2>{l.title}</h2>
      <p class="note">{l.lead('go.example.co.jp')}</p>
      <Form part={part} to="link-host" className="fields">
        <label class="wide">
          {l.host}
          <input
            name="linkHost"
            value={company.linkHost ?? ''}
            placeholder="go.example.co.jp"
            maxLength={253}
            spellcheck={false}
            autoComplete="off"
          />
        </label>
      </Form>
      {company.linkHost && (
        <div class="dns">
          <p>{l.record}</p>
          <p>
            <code>
              {company.linkHost}. CNAME {target}.
            </code>
          </p>
          {linkHostState && (
            <p class={linkHostState.kind === 'here' ? 'said' : 'said asks'} role="status">
              {toldOf(w, linkHostState)}
            </p>
          )}
          <p>
            <a class="button second" href={`${HERE}?check=1#link-host`}>
              {l.check}
            </a>
          </p>
          <p class="note">{l.certificate}</p>
        </div>
      )}
    </section>
  );
}

function Notices(part: Part) {
  const { w, settings } = part;
  const n = w.notices;
  return (
    <section>
      <h2>{n.title}</h2>
      <p class="note">{n.lead}</p>
      <Form part={part} to="notices" className="ticks">
        {NOTICE_KINDS.map((kind) => (
          <label key={kind}>
            <input
              type="checkbox"
              name={kind}
              value="yes"
              checked={!settings.company.noticesOff.includes(kind)}
            />
            {n.kinds[kind]}
          </label>
        ))}
      </Form>
    </section>
  );
}

/** What a company decides for itself. */
export function settingsPage(who: Session, places: readonly Place[], view: View, settings: Settings): string {
  const w = settingsWordsOf(who.locale);
  const { exclusions, mayChange, said } = settings;
  const part = { who, w, settings };
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
    styles: ['desk.css', 'settings.css'],
    children: (
      <>
        <PageHead title={w.title} lead={mayChange ? w.lead : w.readOnly} />
        <Told w={w} said={said} />
        <General {...part} />
        <LinkHost {...part} />
        <section>
          <h2>{blockWordsOf(who.locale).title}</h2>
          <p class="note">{blockWordsOf(who.locale).lead}</p>
          <p>
            <a href="/dashboard/block">{blockWordsOf(who.locale).preview} →</a>
          </p>
        </section>
        <Notices {...part} />
        <Exclusions list={list} level={2} />
      </>
    ),
  });
}
