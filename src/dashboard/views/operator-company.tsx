import type { ComponentChildren } from 'preact';
import type { Company } from '../../company/store.js';
import type { Adjustment } from '../../credit/adjustment-store.js';
import type { Exclusion } from '../../credit/exclusion.js';
import type { ProgramRules } from '../../credit/program.js';
import type { DatedRules } from '../../credit/program-change.js';
import type { StatementEntry } from '../../credit/statement.js';
import type { RedemptionRow } from '../../credit/store.js';
import type { Session } from '../../web/session.js';
import { type CreditWords, creditWordsOf, type Said } from '../credit-words.js';
import { type SettingsSaid, settingsWordsOf } from '../settings-words.js';
import { CreditSums, type Sums } from './credits.js';
import { EntryTable, signed } from './entries.js';
import { Exclusions, Told } from './exclusions.js';
import { framedPage, type Place } from './frame.js';
import type { View } from './view.js';

export type CompanyDesk = Readonly<{
  company: Company;
  sums: Sums;
  rules: ProgramRules;
  history: readonly DatedRules[];
  redemptions: readonly RedemptionRow[];
  adjustments: readonly Adjustment[];
  entries: readonly StatementEntry[];
  /** `YYYY-MM`, the newest first. */
  months: readonly string[];
  exclusions: readonly Exclusion[];
  said: Said | undefined;
  settingsSaid: SettingsSaid | undefined;
  /** The id that the next proposal will have, so that a form sent twice proposes once. */
  nextAdjustment: string;
}>;

type Part = Readonly<{ who: Session; view: View; c: CreditWords; desk: CompanyDesk }>;

const GOOD: ReadonlySet<Said> = new Set([
  'redeemed',
  'cancelled',
  'proposed',
  'approved',
  'rejected',
  'rules_changed',
]);

function Form({
  part: { who, desk },
  to,
  children,
  className = 'fields',
}: {
  part: Part;
  to: string;
  children: ComponentChildren;
  className?: string;
}) {
  return (
    <form class={className} method="post" action={`/operator/companies/${desk.company.id}/${to}`}>
      <input type="hidden" name="csrf" value={who.csrf} />
      {children}
    </form>
  );
}

function Redemption({ part, row }: { part: Part; row: RedemptionRow }) {
  const { c, view } = part;
  const { redemptions } = c;
  return (
    <tr>
      <th scope="row">{row.reference}</th>
      <td>{view.format.moment(row.at)}</td>
      <td>{view.format.number(row.quantity)}</td>
      <td>
        {row.cancelledAt ? (
          <span class="tag">{redemptions.cancelled}</span>
        ) : (
          <Form part={part} to="cancellations" className="inline">
            <input type="hidden" name="reference" value={row.reference} />
            <input
              name="reason"
              required
              maxLength={500}
              placeholder={c.reason}
              aria-label={redemptions.cancelOf(row.reference)}
            />
            <button type="submit">{redemptions.cancel}</button>
          </Form>
        )}
      </td>
    </tr>
  );
}

function Head({ names }: { names: readonly string[] }) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Scroll({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard (WCAG 2.1.1)
    <section class="scroll" tabIndex={0} aria-label={title}>
      {children}
    </section>
  );
}

function Redemptions({ part }: { part: Part }) {
  const { c, desk } = part;
  const { title, none, reference, at, quantity, redeem } = c.redemptions;
  return (
    <section>
      <h2>{title}</h2>
      {desk.redemptions.length === 0 ? (
        <p class="empty">{none}</p>
      ) : (
        <Scroll title={title}>
          <table>
            <Head names={[reference, at, quantity, c.status]} />
            <tbody>
              {desk.redemptions.map((row) => (
                <Redemption key={row.reference} part={part} row={row} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <Form part={part} to="redemptions">
        <label>
          {reference}
          <input name="reference" required maxLength={200} autoComplete="off" />
        </label>
        <label>
          {quantity}
          <input name="quantity" type="number" min={1} max={1000} value="1" required />
        </label>
        <button type="submit">{redeem}</button>
      </Form>
      <p class="note">{c.noNames}</p>
    </section>
  );
}

function Decide({ part, one }: { part: Part; one: Adjustment }) {
  const { c, who } = part;
  const own = one.proposedBy === who.member.id;
  const name = c.adjustments.of(one.reason);
  return (
    <Form part={part} to="decisions" className="inline">
      <input type="hidden" name="adjustment" value={one.id} />
      {own ? (
        <small>{c.adjustments.own}</small>
      ) : (
        <button
          type="submit"
          name="decision"
          value="approved"
          aria-label={`${c.adjustments.approve} ${name}`}
        >
          {c.adjustments.approve}
        </button>
      )}
      <button type="submit" name="decision" value="rejected" aria-label={`${c.adjustments.reject} ${name}`}>
        {c.adjustments.reject}
      </button>
    </Form>
  );
}

function AdjustmentTable({ part }: { part: Part }) {
  const { c, view, desk } = part;
  const { columns, adjustments } = c;
  const names = [
    adjustments.proposed,
    c.reason,
    columns.referrals,
    columns.progress,
    columns.credits,
    c.status,
  ];
  return (
    <Scroll title={adjustments.title}>
      <table class="words">
        <Head names={names} />
        <tbody>
          {desk.adjustments.map((one) => (
            <tr key={one.id}>
              <th scope="row">{view.format.moment(one.proposedAt)}</th>
              <td>{one.reason}</td>
              <td>{signed(view.format, one.referrals)}</td>
              <td>{signed(view.format, one.progress)}</td>
              <td>{signed(view.format, one.credits)}</td>
              <td>
                <span class={one.decision ? 'tag' : 'tag unsure'}>
                  {adjustments[one.decision ?? 'pending']}
                </span>
                {one.decision === null && <Decide part={part} one={one} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Adjustments({ part }: { part: Part }) {
  const { c, desk } = part;
  const { title, lead, none, propose } = c.adjustments;
  return (
    <section>
      <h2>{title}</h2>
      <p class="note">{lead}</p>
      {desk.adjustments.length === 0 ? <p class="empty">{none}</p> : <AdjustmentTable part={part} />}
      <Form part={part} to="adjustments">
        <input type="hidden" name="id" value={desk.nextAdjustment} />
        {(['referrals', 'progress', 'credits'] as const).map((name) => (
          <label key={name}>
            {c.columns[name]}
            <input name={name} type="number" value="0" step="1" required />
          </label>
        ))}
        <label class="wide">
          {c.reason}
          <input name="reason" required maxLength={500} autoComplete="off" />
        </label>
        <button type="submit">{propose}</button>
      </Form>
    </section>
  );
}

function expiry(c: CreditWords, days: number | null): string {
  return days === null ? c.rules.never : c.rules.days(days);
}

function stateOf(c: CreditWords, rules: DatedRules, desk: CompanyDesk, now: Date): string {
  if (rules.id === desk.rules.id) return c.rules.inForce;
  return rules.effectiveAt > now ? c.rules.planned : c.rules.past;
}

function RulesHistory({ part: { c, view, desk } }: { part: Part }) {
  const { rules: w } = c;
  const names = [w.from, w.scope, w.threshold, w.event, w.expires, w.attribution, w.person, c.status];
  return (
    <Scroll title={w.title}>
      <table>
        <Head names={names} />
        <tbody>
          {desk.history.map((rules) => (
            <tr key={rules.id}>
              <th scope="row">{rules.createdAt === null ? '–' : view.format.moment(rules.effectiveAt)}</th>
              <td>{rules.companyId === null ? w.common : w.own}</td>
              <td>{view.format.number(rules.threshold)}</td>
              <td>{w.events[rules.countEvent]}</td>
              <td>{expiry(c, rules.creditExpiresAfterDays)}</td>
              <td>{w.days(rules.attributionWindowDays)}</td>
              <td>{w.days(rules.personWindowDays)}</td>
              <td>{stateOf(c, rules, desk, view.now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Rules({ part }: { part: Part }) {
  const { c, desk } = part;
  const { rules: w } = c;
  return (
    <section>
      <h2>{w.title}</h2>
      <p class="note">{w.lead}</p>
      <RulesHistory part={part} />
      <Form part={part} to="rules">
        <label>
          {w.threshold}
          <input name="threshold" type="number" min={1} max={1000} value={desk.rules.threshold} required />
        </label>
        <label>
          {w.expires}
          <input
            name="creditExpiresAfterDays"
            type="number"
            min={1}
            max={3650}
            value={desk.rules.creditExpiresAfterDays ?? ''}
            placeholder={w.expiresHint}
          />
        </label>
        <label>
          {w.event}
          <select name="countEvent">
            {(['registered', 'verified', 'accepted'] as const).map((event) => (
              <option key={event} value={event} selected={event === desk.rules.countEvent}>
                {w.events[event]}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">{w.change}</button>
      </Form>
    </section>
  );
}

function LeftOut({ part: { who, view, desk } }: { part: Part }) {
  const w = settingsWordsOf(who.locale).exclusions;
  const list = {
    who,
    view,
    rows: desk.exclusions,
    action: `/operator/companies/${desk.company.id}/exclusions`,
    lead: w.ofCompany,
    endable: () => true,
    sources: w.sourcesOutside,
  };
  return <Exclusions list={list} level={2} />;
}

/** All that an operator does about one company's credits. */
export function operatorCompanyPage(
  who: Session,
  places: readonly Place[],
  view: View,
  desk: CompanyDesk,
): string {
  const c = creditWordsOf(who.locale);
  const part = { who, view, c, desk };
  const { company, said } = desk;
  return framedPage({
    who,
    title: company.name,
    here: '/operator',
    places,
    children: (
      <>
        <section class="summary">
          <h1>{company.name}</h1>
          {said && (
            <p class={GOOD.has(said) ? 'said' : 'said asks'} role="status">
              {c.said[said]}
            </p>
          )}
          {!said && <Told w={settingsWordsOf(who.locale)} said={desk.settingsSaid} />}
          <CreditSums view={view} sums={desk.sums} threshold={desk.rules.threshold} locale={who.locale} />
        </section>
        <Redemptions part={part} />
        <Adjustments part={part} />
        <Rules part={part} />
        <LeftOut part={part} />
        <section>
          <h2>{c.statements.title}</h2>
          <p class="pager">
            {desk.months.map((month) => (
              <a key={month} href={`/operator/companies/${company.id}/statements/${month}`}>
                {month}
              </a>
            ))}
          </p>
        </section>
        <section>
          <h2>{c.title}</h2>
          {desk.entries.length === 0 ? (
            <p class="empty">{c.none}</p>
          ) : (
            <EntryTable view={view} c={c} entries={desk.entries} causes />
          )}
        </section>
      </>
    ),
  });
}
