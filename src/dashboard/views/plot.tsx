import { assetUrl } from '../../web/assets.js';
import type { OverviewWords } from '../overview-words.js';
import type { KeyedFigures } from '../stats.js';
import type { View } from './view.js';

/** The server draws in these units; the browser stretches the drawing to the place it has, lines keep their width. */
const WIDTH = 1000;
const HEIGHT = 200;
const TICKS = 6;
/** Few enough that six dates stand beside each other on a phone. */
const LINES = ['notices', 'clicks', 'registrations'] as const;
type Line = (typeof LINES)[number];

/** What is drawn: each point a step, its name, and what each line says there; `before` the same steps of the period before. */
type Drawn = Readonly<{
  keys: readonly string[];
  values: Readonly<Record<Line, readonly number[]>>;
  before: Readonly<Record<Line, readonly (number | null)[]>> | undefined;
  top: number;
}>;

/** The least top that holds the greatest value and parts into four equal, round, whole steps. */
export function scaleFor(greatest: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8]) {
      if (Number.isInteger(step * power) && greatest <= 4 * step * power) return 4 * step * power;
    }
  }
}

function linesOf(rows: readonly KeyedFigures[]): Record<Line, number[]> {
  return {
    notices: rows.map((row) => row.notices),
    clicks: rows.map((row) => row.clicks.human),
    registrations: rows.map((row) => row.registrations.received),
  };
}

/** Steps of the period before under the steps of this one, by their place; a missing one is a gap. */
function fitted(values: readonly number[], length: number): (number | null)[] {
  return Array.from({ length }, (_, index) => values[index] ?? null);
}

function drawnOf(rows: readonly KeyedFigures[], before: readonly KeyedFigures[] | undefined): Drawn {
  const values = linesOf(rows);
  const earlier = before && linesOf(before);
  const greatest = Math.max(0, ...Object.values(values).flat(), ...Object.values(earlier ?? {}).flat());
  const fit = (line: Line) => fitted(earlier?.[line] ?? [], rows.length);
  return {
    keys: rows.map((row) => row.key ?? ''),
    values,
    before: earlier && {
      notices: fit('notices'),
      clicks: fit('clicks'),
      registrations: fit('registrations'),
    },
    top: greatest === 0 ? 0 : scaleFor(greatest),
  };
}

function pointsOf(values: readonly (number | null)[], top: number): string {
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  return values
    .flatMap((value, index) =>
      value === null ? [] : [`${(index * step).toFixed(1)},${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`],
    )
    .join(' ');
}

/** One step alone is drawn as a level line across. */
function atLeastTwo(values: readonly (number | null)[]): readonly (number | null)[] {
  return values.length === 1 ? [values[0]!, values[0]!] : values;
}

function Drawing({ drawn: { values, before, top }, label }: { drawn: Drawn; label: string }) {
  const notices = pointsOf(atLeastTwo(values.notices), top);
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {[0, 0.25, 0.5, 0.75, 1].map((part) => (
        <line key={part} class="grid" x1="0" x2={WIDTH} y1={part * HEIGHT} y2={part * HEIGHT} />
      ))}
      <polygon class="area" points={`0,${HEIGHT} ${notices} ${WIDTH},${HEIGHT}`} />
      {before &&
        LINES.map((line) => (
          <polyline key={line} class={`${line} before`} points={pointsOf(atLeastTwo(before[line]), top)} />
        ))}
      {LINES.map((line) => (
        <polyline key={line} class={line} points={pointsOf(atLeastTwo(values[line]), top)} />
      ))}
    </svg>
  );
}

function Table({ view: { w, format }, o, drawn }: { view: View; o: OverviewWords; drawn: Drawn }) {
  const { before } = drawn;
  return (
    <details class="numbers">
      <summary>{w.plot.asTable}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{w.plot.date}</th>
            {LINES.map((line) => (
              <>
                <th scope="col">{w.plot[line]}</th>
                {before && <th scope="col">{o.plotBefore(w.plot[line])}</th>}
              </>
            ))}
          </tr>
        </thead>
        <tbody>
          {drawn.keys.map((key, index) => (
            <tr key={key}>
              <th scope="row">{format.day(key)}</th>
              {LINES.map((line) => (
                <>
                  <td>{format.number(drawn.values[line][index]!)}</td>
                  {before && (
                    <td>{before[line][index] === null ? '–' : format.number(before[line][index]!)}</td>
                  )}
                </>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** What the browser's module draws again with a cursor; it reads nothing else. */
function plotData({ w, format }: View, o: OverviewWords, { keys, values, before, top }: Drawn): string {
  return JSON.stringify({
    top,
    labels: keys.map((key) => format.day(key)),
    names: LINES.map((line) => w.plot[line]),
    series: LINES.map((line) => values[line]),
    before: before && LINES.map((line) => before[line]),
    keys: o.plotKeys,
    was: before && o.change.was(''),
  });
}

function ticksOf(keys: readonly string[]): string[] {
  if (keys.length <= TICKS) return [...keys];
  const step = (keys.length - 1) / (TICKS - 1);
  return Array.from({ length: TICKS }, (_, index) => keys[Math.round(index * step)]!);
}

/** Notices, clicks and registrations over time: drawn by the server, with a cursor where scripts run. */
export function Plot({
  view,
  o,
  rows,
  before,
}: {
  view: View;
  o: OverviewWords;
  rows: readonly KeyedFigures[];
  before: readonly KeyedFigures[] | undefined;
}) {
  const { w, format } = view;
  const drawn = drawnOf(rows, before);
  const { keys, top } = drawn;
  if (top === 0) return <p class="empty">{w.plot.none}</p>;
  const label = w.plot.label(format.day(keys[0]!), format.day(keys.at(-1)!));
  return (
    <>
      <p class="legend">
        {LINES.map((line) => (
          <span key={line} class={line}>
            {w.plot[line]}
          </span>
        ))}
        <output class="readout number" aria-live="off" />
      </p>
      <div class="drawing">
        <p class="y number" aria-hidden="true">
          {[1, 0.75, 0.5, 0.25, 0].map((part) => (
            <span key={part}>{format.number(top * part)}</span>
          ))}
        </p>
        <div class="canvas" data-plot={plotData(view, o, drawn)} data-uplot={assetUrl('uplot.js')}>
          <Drawing drawn={drawn} label={label} />
        </div>
        <p class="x number" aria-hidden="true">
          {ticksOf(keys).map((key) => (
            <span key={key}>{format.tick(key)}</span>
          ))}
        </p>
      </div>
      <Table view={view} o={o} drawn={drawn} />
    </>
  );
}
