// Draws the server's plot again with uPlot, so that a finger or a cursor reads single days. Without this module the
// server's drawing stays.
const LINES = [
  ['--mute', '--relay-soft'],
  ['--relay', undefined],
  ['--warm', undefined],
];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** What stands at one point, in words. */
function readingOf(data, at) {
  const said = data.names.map((name, index) => {
    const before = data.before?.[index][at];
    const was = before === null || before === undefined ? '' : ` (${data.was}${before})`;
    return `${name} ${data.series[index][at]}${was}`;
  });
  return [data.labels[at], ...said].join('  ');
}

/** By keyboard the cursor goes from point to point, and what stands there is read out (WAI-ARIA, slider). */
function takeKeys(plot, canvas, data, signal) {
  const last = data.labels.length - 1;
  let at = last;
  const show = () => {
    canvas.setAttribute('aria-valuenow', String(at));
    canvas.setAttribute('aria-valuetext', readingOf(data, at));
  };
  for (const [name, value] of [
    ['role', 'slider'],
    ['tabindex', '0'],
    ['aria-valuemin', '0'],
    ['aria-valuemax', String(last)],
    ['aria-label', `${canvas.querySelector('svg').getAttribute('aria-label')}（${data.keys}）`],
  ])
    canvas.setAttribute(name, value);
  show();
  const steps = { ArrowLeft: () => at - 1, ArrowRight: () => at + 1, Home: () => 0, End: () => last };
  canvas.addEventListener(
    'keydown',
    (event) => {
      const step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      at = Math.min(last, Math.max(0, step()));
      plot.setCursor({ left: plot.valToPos(at, 'x'), top: 0 });
      show();
    },
    { signal },
  );
}

function draw(uPlot, canvas, data, readout, signal) {
  const width = () => canvas.clientWidth;
  const height = () => canvas.clientHeight;
  const hidden = { show: false };
  const options = {
    width: width(),
    height: height(),
    padding: [0, 0, 0, 0],
    legend: hidden,
    cursor: { y: false, points: { size: 8 } },
    scales: { x: { time: false }, y: { range: [0, data.top] } },
    axes: [
      hidden,
      {
        size: 0,
        ticks: hidden,
        values: () => [],
        splits: () => [0, 0.25, 0.5, 0.75, 1].map((part) => part * data.top),
        grid: { stroke: () => colour('--line'), width: 1 },
      },
    ],
    series: [
      {},
      ...LINES.map(([stroke, fill], index) => ({
        label: data.names[index],
        stroke: () => colour(stroke),
        fill: fill && (() => colour(fill)),
        width: 2.5,
        points: hidden,
      })),
      ...(data.before ?? []).map((_, index) => ({
        stroke: () => colour(LINES[index][0]),
        width: 1.5,
        dash: [4, 5],
        points: hidden,
      })),
    ],
    hooks: {
      setCursor: [
        (plot) => {
          const at = plot.cursor.idx;
          readout.textContent = at === null || at === undefined ? '' : readingOf(data, at);
        },
      ],
    },
  };
  const drawing = canvas.querySelector('svg');
  const values = [data.labels.map((_, index) => index), ...data.series, ...(data.before ?? [])];
  const plot = new uPlot(options, values, canvas);
  takeKeys(plot, canvas, data, signal);
  drawing.classList.add('covered');
  const observer = new ResizeObserver(() => plot.setSize({ width: width(), height: height() }));
  observer.observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw(), { signal });
  signal.addEventListener('abort', () => {
    observer.disconnect();
    plot.destroy();
  });
}

let drawn = new AbortController();

async function drawAll() {
  drawn.abort();
  drawn = new AbortController();
  const { signal } = drawn;
  for (const canvas of document.querySelectorAll('[data-plot]')) {
    const data = JSON.parse(canvas.dataset.plot);
    if (data.labels.length < 2) continue;
    const { default: uPlot } = await import(canvas.dataset.uplot);
    if (!signal.aborted) draw(uPlot, canvas, data, document.querySelector('.readout'), signal);
  }
}

await drawAll();
// live.js has put newer figures in its place.
document.addEventListener('live:plot', drawAll);
