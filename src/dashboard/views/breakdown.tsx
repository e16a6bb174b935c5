import { type Choice, DIMENSIONS, type Dimension, hrefOf } from '../choice.js';
import type { Breakdown } from '../overview.js';
import type { OverviewWords } from '../overview-words.js';
import type { DeviceCounts } from '../queries.js';
import { type KeyedFigures, ratio } from '../stats.js';
import { Tabs } from './tabs.js';
import type { View } from './view.js';

const LISTED = 8;
/**
 * Of fewer candidates than this nothing is said that they did: companies are told in counts, and a count of one is a
 * person (docs/decisions/0061-company-pages.md).
 */
const FEWEST = 5;

type Part = Readonly<{ view: View; o: OverviewWords }>;

function nameOf(o: OverviewWords, of: Dimension, key: string | null): string {
  if (key === null) return o.breakdown.unlabelled[of];
  if (of === 'language') return o.languages[key] ?? key;
  if (of === 'mailDomain' && key === 'other') return o.otherDomain;
  return key;
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

/** The name of a row, over a bar as long as its share of the longest. */
function Named({ name, share }: { name: string; share: number }) {
  return (
    <th scope="row">
      <svg class="share" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect width={(share * 100).toFixed(2)} height="1" />
      </svg>
      <span>{name}</span>
    </th>
  );
}

function FigureRow({
  view: { format },
  o,
  of,
  row,
  most,
}: Part & { of: Dimension; row: KeyedFigures; most: number }) {
  const isFew = row.withLink < FEWEST;
  const shown = (text: string) => (isFew ? '–' : text);
  return (
    <tr>
      <Named name={nameOf(o, of, row.key)} share={row.notices / most} />
      <td>{format.number(row.notices)}</td>
      <td>{shown(format.percent(ratio(row.candidatesClicked, row.withLink)))}</td>
      <td>{shown(format.percent(ratio(row.registrations.counted, row.withLink)))}</td>
      <td>{shown(format.number(row.registrations.counted))}</td>
    </tr>
  );
}

function More({ view: { format }, o, count }: Part & { count: number }) {
  return count > 0 ? <p class="note">{o.breakdown.more(format.number(count))}</p> : null;
}

function FigureTable({
  view,
  o,
  of,
  rows,
}: Part & { of: Exclude<Dimension, 'device'>; rows: readonly KeyedFigures[] }) {
  const { breakdown } = o;
  const sorted = [...rows].sort((left, right) => right.notices - left.notices);
  const listed = sorted.slice(0, LISTED);
  if (!listed.some((row) => row.key !== null)) return <p class="empty">{breakdown.none[of]}</p>;
  const most = Math.max(1, ...listed.map((row) => row.notices));
  const names = [breakdown.notices, breakdown.clickRate, breakdown.registrationRate, breakdown.counted];
  return (
    <>
      <table>
        <Head names={[breakdown.dimension[of], ...names]} />
        <tbody>
          {listed.map((row) => (
            <FigureRow key={row.key} view={view} o={o} of={of} row={row} most={most} />
          ))}
        </tbody>
      </table>
      <More view={view} o={o} count={sorted.length - listed.length} />
      {listed.some((row) => row.withLink < FEWEST) && <p class="note">{breakdown.few(FEWEST)}</p>}
      {of === 'mailDomain' && <p class="note">{breakdown.domainNote}</p>}
    </>
  );
}

function DeviceTable({ view, o, rows }: Part & { rows: readonly DeviceCounts[] }) {
  const { format } = view;
  const { breakdown } = o;
  const listed = rows.slice(0, LISTED);
  if (listed.length === 0) return <p class="empty">{breakdown.none.device}</p>;
  const all = rows.reduce((sum, row) => sum + row.human, 0);
  const most = Math.max(1, ...listed.map((row) => row.human));
  return (
    <>
      <table>
        <Head names={[breakdown.dimension.device, breakdown.human, breakdown.share, breakdown.candidates]} />
        <tbody>
          {listed.map((row) => (
            <tr key={row.key}>
              <Named name={nameOf(o, 'device', row.key)} share={row.human / most} />
              <td>{format.number(row.human)}</td>
              <td>{format.percent(ratio(row.human, all))}</td>
              <td>{format.number(row.candidatesClicked)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More view={view} o={o} count={rows.length - listed.length} />
    </>
  );
}

/** The figures of the period by one of its dimensions. */
export function BreakdownPanel({
  view,
  o,
  choice,
  breakdown,
}: Part & { choice: Choice; breakdown: Breakdown }) {
  return (
    <section class="breakdown" data-live="breakdown" id="breakdown">
      <h2>{o.breakdown.title}</h2>
      <Tabs
        label={o.breakdown.title}
        tabs={DIMENSIONS.map((of) => ({
          href: `${hrefOf(choice, { of })}#breakdown`,
          name: o.breakdown.dimension[of],
          on: of === choice.of,
        }))}
      />
      {breakdown.of === 'device' ? (
        <DeviceTable view={view} o={o} rows={breakdown.rows} />
      ) : (
        <FigureTable view={view} o={o} of={breakdown.of} rows={breakdown.rows} />
      )}
    </section>
  );
}
