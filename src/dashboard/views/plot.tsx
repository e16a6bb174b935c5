import { assetUrl } from '../../web/assets.js';
import type { KeyedFigures } from '../stats.js';
import type { View } from './view.js';

/** The server draws in these units; the browser stretches the drawing to the place it has, lines keep their width. */
const WIDTH = 1000;
const HEIGHT = 200;
const TICKS = 6;

/** The least top that holds the greatest value and parts into four equal, round, whole steps. */
export function scaleFor(greatest: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8]) {
      if (Number.isInteger(step * power) && greatest <= 4 * step * power) return 4 * step * power;
    }
  }
}

function pointsOf(values: readonly number[], top: number): string {
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  return values
    .map((value, index) => `${(index * step).toFixed(1)},${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`)
    .join(' ');
}

/** One step alone is drawn as a level line across. */
function atLeastTwo(values: readonly number[]): readonly number[] {
  return values.length === 1 ? [values[0]!, values[0]!] : values;
}

function Drawing({ rows, label, top }: { rows: readonly KeyedFigures[]; label: string; top: number }) {
  const notices = pointsOf(atLeastTwo(rows.map((row) => row.notices)), top);
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {[0, 0.25, 0.5, 0.75, 1].map((part) => (
        <line key={part} class="grid" x1="0" x2={WIDTH} y1={part * HEIGHT} y2={part * HEIGHT} />
      ))}
      <polygon class="area" points={`0,${HEIGHT} ${notices} ${WIDTH},${HEIGHT}`} />
      <polyline class="notices" points={notices} />
      <polyline class="clicks" points={pointsOf(atLeastTwo(rows.map((row) => row.clicks.human)), top)} />
      <polyline
        class="registrations"
        points={pointsOf(atLeastTwo(rows.map((row) => row.registrations.received)), top)}
      />
    </svg>
  );
}

function Table({ view, rows }: { view: View; rows: readonly KeyedFigures[] }) {
  const { w, format } = view;
  return (
    <details class="numbers">
      <summary>{w.plot.asTable}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{w.plot.date}</th>
            <th scope="col">{w.plot.notices}</th>
            <th scope="col">{w.plot.clicks}</th>
            <th scope="col">{w.plot.registrations}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <th scope="row">{format.day(row.key ?? '')}</th>
              <td>{format.number(row.notices)}</td>
              <td>{format.number(row.clicks.human)}</td>
              <td>{format.number(row.registrations.received)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** What the browser's module draws again with a cursor; it reads nothing else. */
function plotData(view: View, rows: readonly KeyedFigures[], top: number): string {
  const { w, format } = view;
  return JSON.stringify({
    top,
    labels: rows.map((row) => format.day(row.key ?? '')),
    names: [w.plot.notices, w.plot.clicks, w.plot.registrations],
    series: [
      rows.map((row) => row.notices),
      rows.map((row) => row.clicks.human),
      rows.map((row) => row.registrations.received),
    ],
  });
}

function ticksOf(rows: readonly KeyedFigures[]): KeyedFigures[] {
  if (rows.length <= TICKS) return [...rows];
  const step = (rows.length - 1) / (TICKS - 1);
  return Array.from({ length: TICKS }, (_, index) => rows[Math.round(index * step)]!);
}

/** Notices, clicks and registrations over time: drawn by the server, with a cursor where scripts run. */
export function Plot({ view, rows }: { view: View; rows: readonly KeyedFigures[] }) {
  const { w, format } = view;
  const greatest = Math.max(
    ...rows.map((row) => Math.max(row.notices, row.clicks.human, row.registrations.received)),
  );
  if (greatest <= 0) return <p class="empty">{w.plot.none}</p>;
  const top = scaleFor(greatest);
  const label = w.plot.label(format.day(rows[0]!.key ?? ''), format.day(rows.at(-1)!.key ?? ''));
  return (
    <>
      <p class="legend">
        <span class="notices">{w.plot.notices}</span>
        <span class="clicks">{w.plot.clicks}</span>
        <span class="registrations">{w.plot.registrations}</span>
        <output class="readout number" aria-live="off" />
      </p>
      <div class="drawing">
        <p class="y number" aria-hidden="true">
          {[1, 0.75, 0.5, 0.25, 0].map((part) => (
            <span key={part}>{format.number(top * part)}</span>
          ))}
        </p>
        <div class="canvas" data-plot={plotData(view, rows, top)} data-uplot={assetUrl('uplot.js')}>
          <Drawing rows={rows} label={label} top={top} />
        </div>
        <p class="x number" aria-hidden="true">
          {ticksOf(rows).map((row) => (
            <span key={row.key}>{format.tick(row.key ?? '')}</span>
          ))}
        </p>
      </div>
      <Table view={view} rows={rows} />
    </>
  );
}
