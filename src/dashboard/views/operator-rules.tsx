import type { DatedRules } from '../../credit/program-change.js';
import type { CreditWords } from '../credit-words.js';
import { type CompanyDesk, Form, Head, type Part, Scroll } from './company-desk.js';

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

/** The rules of the program for one company: their history, and a form for others from now on. */
export function Rules({ part }: { part: Part }) {
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
