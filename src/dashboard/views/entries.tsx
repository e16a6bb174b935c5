import { referenceOf } from '../../credit/drafts.js';
import type { StatementEntry } from '../../credit/statement.js';
import type { CreditWords } from '../credit-words.js';
import type { View } from './view.js';

/** A delta with its sign; nothing where it is zero. */
export function signed(format: View['format'], value: number): string {
  if (value === 0) return '';
  return value > 0 ? `+${format.number(value)}` : `−${format.number(-value)}`;
}

/** An entry in words, without the reasons that operators gave. */
function toldOf(c: CreditWords, entry: StatementEntry): string {
  const facts = { about: entry.about, reference: referenceOf(entry.cause) ?? '', threshold: -entry.progress };
  return c.told[entry.kind](facts);
}

/** Entries with their deltas and the balance after each. @param causes also shows what the ledger itself says (operators) */
export function EntryTable({
  view: { format },
  c,
  entries,
  causes = false,
}: {
  view: View;
  c: CreditWords;
  entries: readonly StatementEntry[];
  causes?: boolean;
}) {
  const { columns } = c;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard (WCAG 2.1.1)
    <section class="scroll" tabIndex={0} aria-label={c.title}>
      <table class="entries">
        <thead>
          <tr>
            {Object.entries(columns).map(([key, name]) => (
              <th key={key} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.sequence}>
              <th scope="row">{format.number(entry.sequence)}</th>
              <td>
                <time dateTime={entry.at.toISOString()}>{format.moment(entry.at)}</time>
              </td>
              <td>
                {toldOf(c, entry)}
                {causes && <small>{entry.cause}</small>}
              </td>
              <td>{signed(format, entry.referrals)}</td>
              <td>{signed(format, entry.progress)}</td>
              <td>{signed(format, entry.credits)}</td>
              <td>
                {format.number(entry.balance.progress)} / {format.number(entry.balance.credits)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
