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
    ],
    hooks: {
      setCursor: [
        (plot) => {
          const at = plot.cursor.idx;
          readout.textContent =
            at === null || at === undefined
              ? ''
              : [
                  data.labels[at],
                  ...data.names.map((name, index) => `${name} ${data.series[index][at]}`),
                ].join('  ');
        },
      ],
    },
  };
  const drawing = canvas.querySelector('svg');
  const plot = new uPlot(options, [data.labels.map((_, index) => index), ...data.series], canvas);
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
