// Links by table without leaving the page: shows what the columns are as soon as a file is chosen, how far the work is,
// and keeps the file that comes back. Without this module the form does the same in two steps.
/** Bytes of the file that are enough to see its columns. */
const HEAD = 65_536;
const FIELDS = ['csrf', 'recipient', 'externalId', 'job', 'stage', 'source'];

const form = document.querySelector('form[data-merge]');
const panel = document.querySelector('[data-under-way]');
const report = form.querySelector('[data-report]');
const input = form.querySelector('input[type=file]');
const bar = panel.querySelector('progress');
const status = panel.querySelector('[role=status]');
const cancel = panel.querySelector('[data-cancel]');
const download = panel.querySelector('[data-download]');
let working;
let asked = 0;

// The file stands last for the server's sake; here it is sent last anyway, and what is said of it comes behind it.
form.append(panel, report);
form.querySelector('.second').hidden = true;

/** @param fresh a new file: its columns are guessed anew */
function dataOf(file, extra, fresh) {
  const data = new FormData();
  for (const name of FIELDS) {
    const field = form.elements[name];
    if (field && (name === 'csrf' || !fresh)) data.append(name, field.value);
  }
  for (const [name, value] of Object.entries(extra)) data.append(name, value);
  data.append('table', file, 'table.csv');
  return data;
}

async function preview() {
  const [file] = input.files;
  panel.hidden = true;
  report.replaceChildren();
  if (!file) return;
  asked += 1;
  const mine = asked;
  const isPart = file.size > HEAD;
  const body = dataOf(isPart ? file.slice(0, HEAD) : file, isPart ? { part: 'yes' } : {}, true);
  try {
    const answer = await fetch('/dashboard/csv/preview', { method: 'POST', body });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (mine !== asked) return;
    report.replaceChildren(...(page.querySelector('[data-report]')?.childNodes ?? []));
    report.querySelector('.again')?.remove();
  } catch {
    // Issuing says what is wrong.
  }
}

function show(text, value, max) {
  if (status.textContent !== text) status.textContent = text;
  if (value === undefined) bar.removeAttribute('value');
  else {
    bar.max = max;
    bar.value = value;
  }
}

/** Hands each line to `take` until that returns something. @returns that, with the bytes that had come behind the line */
async function readLines(reader, take) {
  const decoder = new TextDecoder();
  let held = new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error('the answer ends too early');
    const joined = new Uint8Array(held.length + value.length);
    joined.set(held);
    joined.set(value, held.length);
    held = joined;
    for (let end = held.indexOf(10); end !== -1; end = held.indexOf(10)) {
      const last = take(JSON.parse(decoder.decode(held.subarray(0, end))));
      held = held.slice(end + 1);
      if (last) return { last, rest: held };
    }
  }
}

function follow(line) {
  if (!line.step) return line;
  show(panel.dataset[line.step], line.of && line.done, line.of);
  return undefined;
}

async function restOf(reader, first) {
  const parts = [first];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return parts;
    parts.push(value);
  }
}

function offer(parts, { type, name }) {
  URL.revokeObjectURL(download.href);
  download.href = URL.createObjectURL(new Blob(parts, { type }));
  download.download = name;
  download.hidden = false;
  download.click();
}

async function issue() {
  working = new AbortController();
  panel.hidden = false;
  cancel.hidden = false;
  bar.hidden = false;
  download.hidden = true;
  show(panel.dataset.sending);
  try {
    const body = dataOf(input.files[0], { progress: 'yes' }, false);
    const answer = await fetch('/dashboard/csv/issue', { method: 'POST', body, signal: working.signal });
    if (!answer.ok || answer.redirected) throw new Error(`answered ${answer.status}`);
    const reader = answer.body.getReader();
    const { last, rest } = await readLines(reader, follow);
    if (last.refused) {
      report.innerHTML = last.refused;
      panel.hidden = true;
      return;
    }
    offer(await restOf(reader, rest), last);
    show(panel.dataset.done);
  } catch {
    show(working.signal.aborted ? panel.dataset.cancelled : panel.dataset.failed);
  } finally {
    bar.hidden = true;
    cancel.hidden = true;
    working = undefined;
  }
}

input.addEventListener('change', preview);
cancel.addEventListener('click', () => working?.abort());
form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!working) issue();
});
