import { pipeline } from 'node:stream/promises';
import { type Request, type Response, Router } from 'express';
import { renderToString } from 'preact-render-to-string';
import type { Company } from '../company/store.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { signalOf, tableHeaders } from '../merge/api.js';
import { type ChosenColumns, FIELDS } from '../merge/columns.js';
import type { Merge, MergeOutcome } from '../merge/merge.js';
import { checkTable, type Held, holdTable } from '../merge/table.js';
import { personActing } from '../web/actor.js';
import type { FormWithFile } from '../web/form-data.js';
import { formOf, readFields } from '../web/form-fields.js';
import { pageFaults } from '../web/page-fault.js';
import { requireSession, type Session, session } from '../web/session.js';
import { mergeWordsOf } from './merge-words.js';
import { companyOf } from './pages.js';
import { placesOf } from './places.js';
import { framedPage } from './views/frame.js';
import { MergeView, Report, type TableReport } from './views/merge.js';

/** Milliseconds between two words on how far it is. */
const TELL_EVERY = 100;

function counting({ locale }: Session): (count: number) => string {
  return (count) => count.toLocaleString(locale === 'ja' ? 'ja-JP' : 'en-US');
}

function pageOf(who: Session, report?: TableReport): string {
  const w = mergeWordsOf(who.locale);
  return framedPage({
    who,
    title: w.title,
    here: '/dashboard/csv',
    places: placesOf(who),
    styles: ['desk.css', 'ways.css'],
    modules: ['merge.js'],
    children: <MergeView w={w} who={who} report={report} count={counting(who)} />,
  });
}

function chosenOf({ fields }: FormWithFile): ChosenColumns {
  return Object.fromEntries(FIELDS.flatMap((field) => (field in fields ? [[field, fields[field]]] : [])));
}

function reportOf(outcome: Exclude<MergeOutcome, { kind: 'merged' }>): TableReport {
  if (outcome.kind === 'unusable') return outcome;
  return { kind: 'refused', checked: outcome.checked };
}

/** What a person can do something about is said on the page. */
function failureOf(error: unknown): TableReport {
  if (error instanceof AppError && error.code === 'too_large') return { kind: 'failed', why: 'tooLarge' };
  if (error instanceof AppError && error.code === 'unavailable') return { kind: 'failed', why: 'busy' };
  throw error;
}

async function preview(deps: Deps, form: FormWithFile, signal: AbortSignal): Promise<TableReport> {
  if (!form.file) return { kind: 'failed', why: 'noFile' };
  const isWhole = form.fields.part !== 'yes';
  const held = await holdTable(deps.newId, form.file, isWhole);
  try {
    const looked = await checkTable(held, chosenOf(form), () => {}, signal);
    if ('unusable' in looked) return { kind: 'unusable', unusable: looked.unusable };
    const encoding = held.kind === 'shift_jis' ? 'shift_jis' : 'utf-8';
    return { kind: 'previewed', encoding, checked: looked.checked, isWhole };
  } finally {
    await held.spill.dispose();
  }
}

type Issue = Readonly<{
  company: Company;
  who: Session;
  merge: Merge;
  held: Held;
  chosen: ChosenColumns;
  signal: AbortSignal;
}>;

/** The file as the answer, for a form that was sent without our module. */
async function answerPlainly(
  response: Response,
  { company, who, merge, held, chosen, signal }: Issue,
): Promise<void> {
  const outcome = await merge.run(company, held, { chosen, signal, actor: personActing(who) });
  if (outcome.kind !== 'merged') {
    response.status(400).send(pageOf(who, reportOf(outcome)));
    return;
  }
  response.writeHead(200, tableHeaders(held));
  await pipeline(outcome.output(), response);
}

/**
 * Lines of JSON that say how far it is; the last says what came of it, and with `rows` the file's bytes follow.
 */
async function answerInSteps(deps: Deps, response: Response, issue: Issue): Promise<void> {
  const { company, who, merge, held, chosen, signal } = issue;
  const say = (line: object) => response.write(`${JSON.stringify(line)}\n`);
  const refuse = (report: TableReport) => {
    const part = <Report w={mergeWordsOf(who.locale)} report={report} count={counting(who)} />;
    response.end(`${JSON.stringify({ refused: renderToString(part) })}\n`);
  };
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'X-Accel-Buffering': 'no' });
  let told = 0;
  const progress = (step: string, done: number, of: number | undefined) => {
    const now = deps.clock().getTime();
    if (now - told < TELL_EVERY && done !== of) return;
    told = now;
    say({ step, done, of });
  };
  try {
    const outcome = await merge.run(company, held, { chosen, signal, progress, actor: personActing(who) });
    if (outcome.kind !== 'merged') return refuse(reportOf(outcome));
    say({ rows: outcome.rows, type: tableHeaders(held)['Content-Type'], name: 'relay-links.csv' });
    await pipeline(outcome.output(), response);
  } catch (error) {
    if (signal.aborted) throw error;
    refuse(failureOf(error));
  }
}

async function issue(deps: Deps, merge: Merge, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const form = formOf(response);
  const company = await companyOf(deps, who);
  const signal = signalOf(response);
  if (!form.file) {
    response.status(400).send(pageOf(who, { kind: 'failed', why: 'noFile' }));
    return;
  }
  let held: Held | undefined;
  try {
    held = await holdTable(deps.newId, form.file, true);
    const work = { company, who, merge, held, chosen: chosenOf(form), signal };
    if (form.fields.progress === 'yes') await answerInSteps(deps, response, work);
    else await answerPlainly(response, work);
  } catch (error) {
    // Nobody is there to be told.
    if (response.destroyed || request.destroyed) return;
    response.status(400).send(pageOf(who, failureOf(error)));
  } finally {
    await held?.spill.dispose();
  }
}

/** Links by table, for a company's people who may send mail. */
export function mergePages(deps: Deps, merge: Merge): Router {
  const gate = requireSession(deps, 'member', 'admin');
  const router = Router();
  router.get('/dashboard/csv', gate, (_request, response) => {
    response.send(pageOf(session(response)));
  });
  router.post('/dashboard/csv/preview', readFields, gate, async (_request, response) => {
    const report = await preview(deps, formOf(response), signalOf(response)).catch(failureOf);
    response.status(report.kind === 'previewed' ? 200 : 400).send(pageOf(session(response), report));
  });
  router.post('/dashboard/csv/issue', readFields, gate, (request, response) =>
    issue(deps, merge, request, response),
  );
  return router.use(pageFaults);
}
