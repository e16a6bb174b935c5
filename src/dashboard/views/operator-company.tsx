import type { Adjustment } from '../../credit/adjustment-store.js';
import type { RedemptionRow } from '../../credit/store.js';
import type { Session } from '../../web/session.js';
import { creditWordsOf, type Said } from '../credit-words.js';
import { settingsWordsOf } from '../settings-words.js';
import { type CompanyDesk, Form, Head, type Part, Scroll } from './company-desk.js';
import { CreditSums } from './credits.js';
import { EntryTable, signed } from './entries.js';
import { Exclusions, Told } from './exclusions.js';
import { framedPage, type Place } from './frame.js';
import { Rules } from './operator-rules.js';
import type { View } from './view.js';

const GOOD: ReadonlySet<Said> = new Set([
  'redeemed',
  'cancelled',
  'proposed',
  'approved',
  'rejected',
  'rules_changed',
]);

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
