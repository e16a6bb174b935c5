import type { Credential } from '../../company/credentials.js';
import type { CompanyRule } from '../../company/rules.js';
import type { Policy } from '../../company/store.js';
import type { Excerpt } from '../../relay/excerpt.js';
import type { Session } from '../../web/session.js';
import { type ReviewWords, reviewWordsOf } from '../review-words.js';
import { framedPage, type Place } from './frame.js';
import type { View } from './view.js';

/** A mail that waits for an answer. */
export type Asked = Readonly<{ id: string; at: Date; reason: string | null; excerpt: Excerpt }>;

export type ReviewDesk = Readonly<{
  asked: readonly Asked[];
  rules: readonly CompanyRule[];
  policy: Policy;
  /** Those that mails can come by. */
  credentials: readonly Credential[];
  shadow: Readonly<{ days: number; judged: number; inserted: number; unsure: number }>;
  /** Whether this person may answer, and may change the policy. */
  mayAnswer: boolean;
  mayGoLive: boolean;
}>;

type Part = Readonly<{ r: ReviewWords; csrf: string }>;

function whyOf(r: ReviewWords, reason: string | null): string {
  switch (reason) {
    case 'unsure':
      return r.why.unsure;
    case 'policy-shadow':
      return r.why.shadow;
    case 'auto-submitted':
      return r.why.automatic;
    default:
      return r.why.unknown;
  }
}

function Answer({ r, csrf, one }: Part & { one: Asked }) {
  const subject = `subject-${one.id}`;
  return (
    <form method="post" action={`/dashboard/review/${one.id}`} class="fields">
      <input type="hidden" name="csrf" value={csrf} />
      <fieldset>
        <legend>{r.remember}</legend>
        <label>
          <input type="radio" name="remember" value="once" checked /> {r.once}
        </label>
        <label>
          <input type="radio" name="remember" value="subject" /> {r.bySubject}
        </label>
        <input
          id={subject}
          name="subject"
          value={one.excerpt.subject}
          maxLength={200}
          aria-label={r.bySubject}
        />
        <label>
          <input type="radio" name="remember" value="sender" /> {r.bySender}
        </label>
        {one.excerpt.source !== '' && (
          <label>
            <input type="radio" name="remember" value="source" /> {r.bySource}
          </label>
        )}
      </fieldset>
      <p>
        {r.ask}{' '}
        <button type="submit" name="answer" value="rejection">
          {r.rejection}
        </button>{' '}
        <button type="submit" name="answer" value="other" class="quiet">
          {r.other}
        </button>
      </p>
    </form>
  );
}

function Mail({ r, csrf, view, one, mayAnswer }: Part & { view: View; one: Asked; mayAnswer: boolean }) {
  return (
    <article class="asked">
      <h2>{one.excerpt.subject || '–'}</h2>
      <p class="note">
        <time dateTime={one.at.toISOString()}>{view.format.ago(one.at, view.now)}</time> · {r.from}:{' '}
        {one.excerpt.from}
      </p>
      {one.excerpt.sentences.map(({ before, cue, after }) => (
        <blockquote key={cue}>
          {before}
          <mark>{cue}</mark>
          {after}
        </blockquote>
      ))}
      <p class="note">{whyOf(r, one.reason)}</p>
      {mayAnswer && <Answer r={r} csrf={csrf} one={one} />}
    </article>
  );
}

function Rules({ r, csrf, rules, mayAnswer }: Part & { rules: readonly CompanyRule[]; mayAnswer: boolean }) {
  return (
    <section>
      <h2>{r.rules}</h2>
      <p class="note">{r.rulesLead}</p>
      {rules.length === 0 && <p class="empty">{r.noRules}</p>}
      <ul class="rules">
        {rules.map(({ id, kind, value, verdict }) => (
          <li key={id}>
            <span>
              {r.kinds[kind]}: <strong>{value}</strong> → {r.says[verdict]}
            </span>
            {mayAnswer && (
              <form method="post" action={`/dashboard/rules/${id}/remove`} class="inline">
                <input type="hidden" name="csrf" value={csrf} />
                <button type="submit" aria-label={`${r.remove}: ${value}`}>
                  {r.remove}
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function State({ r, csrf, view, desk }: Part & { view: View; desk: ReviewDesk }) {
  const { policy, shadow } = desk;
  const rows = [
    [r.judged, shadow.judged],
    ...(policy === 'shadow' ? [[r.inserted, shadow.inserted] as const] : []),
    [r.unsure, shadow.unsure],
  ] as const;
  return (
    <section>
      <h2>{r.shadow}</h2>
      <p>{r.live[policy]}</p>
      <p class="note">{r.shadowLead(shadow.days)}</p>
      <dl class="totals">
        {rows.map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="number">{view.format.number(count)}</dd>
          </div>
        ))}
      </dl>
      {desk.mayGoLive && (policy === 'shadow' || policy === 'auto') && (
        <form method="post" action="/dashboard/policy" class="fields">
          <input type="hidden" name="csrf" value={csrf} />
          <input type="hidden" name="policy" value={policy === 'shadow' ? 'auto' : 'shadow'} />
          <button type="submit">{policy === 'shadow' ? r.goLive : r.backToShadow}</button>
        </form>
      )}
    </section>
  );
}

const POLICIES = ['', 'auto', 'all', 'explicit', 'shadow'] as const;

function Connections({ r, csrf, desk }: Part & { desk: ReviewDesk }) {
  return (
    <section>
      <h2>{r.credentials}</h2>
      <p class="note">{r.credentialsLead}</p>
      <ul class="rules">
        {desk.credentials.map(({ id, label, username, policy }) => (
          <li key={id}>
            <form method="post" action={`/dashboard/credentials/${id}/policy`} class="fields">
              <input type="hidden" name="csrf" value={csrf} />
              <label>
                {label ?? username ?? id}{' '}
                <select name="policy">
                  {POLICIES.map((one) => (
                    <option key={one} value={one} selected={one === (policy ?? '')}>
                      {r.policies[one]}
                    </option>
                  ))}
                </select>
              </label>{' '}
              <button type="submit">{r.change}</button>
            </form>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the company is asked about its mails, the rules that came of it, and whether links are inserted. */
export function reviewPage(who: Session, places: readonly Place[], view: View, desk: ReviewDesk): string {
  const r = reviewWordsOf(who.locale);
  const part = { r, csrf: who.csrf };
  return framedPage({
    who,
    title: r.title,
    here: '/dashboard/review',
    places,
    styles: ['desk.css', 'ledger.css', 'review.css'],
    children: (
      <div class="review">
        <h1>{r.title}</h1>
        <p class="note">{r.lead}</p>
        {desk.asked.length === 0 && <p class="empty">{r.none}</p>}
        {desk.asked.map((one) => (
          <Mail key={one.id} {...part} view={view} one={one} mayAnswer={desk.mayAnswer} />
        ))}
        <State {...part} view={view} desk={desk} />
        {desk.mayGoLive && desk.credentials.length > 0 && <Connections {...part} desk={desk} />}
        <Rules {...part} rules={desk.rules} mayAnswer={desk.mayAnswer} />
      </div>
    ),
  });
}
