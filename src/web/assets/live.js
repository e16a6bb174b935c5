// Brings the figures up to date while the page is looked at: the server tells that something was counted, and the parts
// marked with data-live are taken from the page as it is now. Without this module the page stays as it was loaded.
const STREAM = '/dashboard/live';
/** Milliseconds between two looks, and how much longer than a look itself takes: nobody's dashboard is a load. */
const REST = 1_000;
const TIMES = 10;
/** Mails are not told: what came of them is looked for once a minute. */
const MINUTE = 60_000;

let source;
let before = false;
let looking = false;
let again = false;

/** Nothing is taken from under somebody's hands: an open formula, the keyboard's focus, the plot's cursor. */
function inUse(part) {
  return (
    part.matches(':focus-within') ||
    part.querySelector('details[open]') !== null ||
    (part.dataset.live === 'plot' && part.matches(':hover'))
  );
}

function partsOf(page) {
  return new Map([...page.querySelectorAll('[data-live]')].map((part) => [part.dataset.live, part]));
}

function take(page) {
  const [shown, next] = [partsOf(document), partsOf(page)];
  // The first mail of a new company: another page.
  if ([...next.keys()].join() !== [...shown.keys()].join()) return location.reload();
  for (const [name, part] of shown) {
    const newer = next.get(name);
    if (
      name === 'plot' &&
      part.querySelector('[data-plot]')?.dataset.plot === newer.querySelector('[data-plot]')?.dataset.plot
    )
      continue;
    if (inUse(part)) continue;
    part.replaceWith(document.adoptNode(newer));
    if (name === 'plot') document.dispatchEvent(new Event('live:plot'));
  }
}

async function look() {
  again = looking;
  if (looking) return;
  looking = true;
  const began = performance.now();
  try {
    const answer = await fetch(location.href);
    if (answer.ok && !answer.redirected) {
      take(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    }
  } catch {
    // Away for a moment: the next message asks again.
  }
  setTimeout(
    () => {
      looking = false;
      if (again) look();
    },
    Math.max(REST, TIMES * (performance.now() - began)),
  );
}

function show(open) {
  const mark = document.querySelector('.live');
  if (mark) mark.hidden = !open;
}

function leave() {
  source?.close();
  source = undefined;
  show(false);
}

function follow() {
  if (source || document.hidden) return;
  source = new EventSource(STREAM);
  source.addEventListener('open', () => {
    show(true);
    if (before) look();
    before = true;
  });
  source.addEventListener('changed', look);
  source.addEventListener('error', () => show(false));
  source.addEventListener('end', () => {
    leave();
    document.removeEventListener('visibilitychange', turn);
  });
}

// A page in the background needs none of the browser's few connections.
function turn() {
  if (document.hidden) leave();
  else follow();
}

setInterval(() => source && look(), MINUTE);
document.addEventListener('visibilitychange', turn);
addEventListener('pagehide', leave);
addEventListener('pageshow', follow);
follow();
