import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { timedEvents } from './events-timed.js';
import type { Traces } from './traces.js';

export type Log = Pick<Logger, 'info' | 'warn' | 'error' | 'fatal' | 'debug'>;
type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Other programs repeat in their errors what they were given: no address of theirs gets into the log. */
function withoutAddresses(text: string | undefined): string | undefined {
  return text?.replace(/[^\s<>()[\]:;,"'@]{1,320}@[^\s<>()[\]:;,"'@]+/g, '(address)');
}

/** What is said of an error in a log line: never the input that led to it. */
function described(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: withoutAddresses(String(error)) };
  return {
    error: withoutAddresses(error.message),
    errorName: error.name,
    stack: withoutAddresses(error.stack),
  };
}

/**
 * One function per business event: each writes a log line and counts a metric.
 * No event carries an address, a name or the content of a mail.
 */
export function createEvents(log: Log, registry: Registry, traces?: Traces) {
  function counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]) {
    return new Counter({
      name: `career_relay_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
    });
  }
  const messages = counter('messages_total', 'Messages answered by the hook', [
    'outcome',
    'verdict',
    'action',
  ]);
  const faults = counter('relay_faults_total', 'Faults of ours after which the original went out', ['step']);
  const storeAbsences = counter(
    'store_absences_total',
    'Times that the hook left a store that hangs alone',
    [],
  );
  const upstreamFaults = counter('upstream_faults_total', 'The next mail server was not there or was lost', [
    'step',
  ]);
  const ambiguous = counter(
    'ambiguous_deliveries_total',
    'Deliveries of which nobody knows whether they took place',
    [],
  );
  const smtpRefusals = counter('smtp_refusals_total', 'Commands or messages that the hook refused', [
    'reason',
  ]);
  const certificateFaults = counter('certificate_faults_total', 'Certificates that did not load', []);
  const clicks = counter('clicks_total', 'Clicks recorded', ['class']);
  const clickFallbacks = counter('click_fallbacks_total', 'Redirects answered without the store', ['reason']);
  const lostClicks = counter('clicks_lost_total', 'Redirects whose click could not be kept', []);
  const heldClicks = counter(
    'clicks_held_total',
    'Clicks that only memory keeps, until the store is back',
    [],
  );
  const replayedClicks = counter('clicks_replayed_total', 'Clicks brought back from the spool', []);
  const unknownCodes = counter('unknown_codes_total', 'Requests for a code that does not exist', []);
  const guessing = counter(
    'guessing_networks_total',
    'Networks stopped for asking for many unknown codes',
    [],
  );
  const registrations = counter('registrations_total', 'Registrations by what became of them', ['result']);
  const dataRights = counter('data_rights_total', 'What candidates asked about their own data', ['kind']);
  const credits = counter('credits_total', 'Ledger entries that change credits', ['kind']);
  const mails = counter('mails_total', 'Mails of our own', ['kind', 'result']);
  const jobs = counter('jobs_total', 'Jobs run', ['name', 'result']);
  const mergedRows = counter('table_rows_merged_total', 'Rows of tables that were given their links', []);
  const requests = counter('request_faults_total', 'HTTP requests that ended in a fault of ours', []);
  const signIns = counter('sign_ins_total', 'Sign-in attempts', ['result']);

  return {
    ...timedEvents(registry, traces),
    started(fields: Fields) {
      log.info(fields, 'started');
    },
    stopping(fields: Fields) {
      log.info(fields, 'stopping');
    },
    stopped() {
      log.info('stopped');
    },
    migrated(names: readonly string[]) {
      log.info({ names }, 'schema migrated');
    },
    roleProcessEnded(fields: Fields) {
      log.error(fields, 'a process of a role ended and is replaced');
    },
    databaseAway(error: unknown) {
      log.warn(described(error), 'the database is away: redirects go on without it');
    },
    databaseThere() {
      log.info('the database is there: ready');
    },
    readsMoved(to: 'primary' | 'replica', why: string) {
      log.warn({ to, why }, 'reads of the dashboard go elsewhere from now on');
    },
    messageRelayed(fields: Fields & { outcome: string; verdict: string; action: string }) {
      messages.inc({ outcome: fields.outcome, verdict: fields.verdict, action: fields.action });
      log.info(fields, 'message relayed');
    },
    relayFault(step: string, error: unknown, fields: Fields = {}) {
      faults.inc({ step });
      log.error({ step, ...fields, ...described(error) }, 'relay fault: the original goes out');
    },
    storeAway(rest: number) {
      storeAbsences.inc();
      log.error({ rest }, 'the store does not answer: mails go out without asking it for a while');
    },
    storeBack() {
      log.info('the store answers again');
    },
    upstreamFault(step: string, error: unknown) {
      upstreamFaults.inc({ step });
      log.warn({ step, ...described(error) }, 'upstream fault');
    },
    journalLate(fields: Fields) {
      log.warn(fields, 'the journal is slow: the answer went out before its row');
    },
    deliveryAmbiguous(fields: Fields) {
      ambiguous.inc();
      log.error(fields, 'delivery ambiguous: the next server may have it or not');
    },
    addressesErased(fields: { messages: number; links: number }) {
      log.info(fields, 'addresses erased');
    },
    certificateLoaded(until: Date) {
      log.info({ until: until.toISOString() }, 'certificate reloaded');
    },
    certificateRefused(error: unknown) {
      certificateFaults.inc();
      log.error(described(error), 'the new certificate does not load: the old one stays');
    },
    smtpRefused(reason: string, fields: Fields = {}) {
      smtpRefusals.inc({ reason });
      log.info({ reason, ...fields }, 'smtp refused');
    },
    clicksRecorded(visitorClass: string, count: number) {
      clicks.inc({ class: visitorClass }, count);
    },
    clickFallback(reason: string, count: number, error?: unknown) {
      clickFallbacks.inc({ reason }, count);
      log.warn(
        { reason, count, ...(error === undefined ? {} : described(error)) },
        'redirects answered without the store',
      );
    },
    clickHeld(error: unknown) {
      heldClicks.inc();
      log.error(described(error), 'a click is held in memory: no spool takes it');
    },
    clicksLost(count: number, error: unknown) {
      lostClicks.inc(count);
      log.error({ count, ...described(error) }, 'clicks lost: the spool refused them');
    },
    clicksReplayed(count: number) {
      replayedClicks.inc(count);
      log.info({ count }, 'clicks replayed from the spool');
    },
    clicksReclassified(count: number) {
      log.info({ count }, 'clicks judged again');
    },
    clicksFaded(count: number) {
      log.info({ count }, 'old clicks faded: agent, visitor and network are gone');
    },
    asnTableFailed(error: unknown) {
      log.error(described(error), 'the table of networks is unreadable: visitors are judged without it');
    },
    replayFailed(error: unknown) {
      log.warn(described(error), 'replay of the click spool put off');
    },
    unknownCode() {
      unknownCodes.inc();
    },
    guessing() {
      guessing.inc();
      log.warn('a network asks for many unknown codes: it is no longer looked up for some minutes');
    },
    registrationReceived(fields: Fields & { result: string }) {
      registrations.inc({ result: fields.result });
      log.info(fields, 'registration received');
    },
    registrationConfirmed(fields: Fields & { result: string }) {
      registrations.inc({ result: fields.result });
      log.info(fields, 'registration confirmed');
    },
    dataRequested(result: 'queued' | 'withheld') {
      dataRights.inc({ kind: `request_${result}` });
      log.info({ result }, 'data request received');
    },
    consentWithdrawn(fields: Fields & { purpose: string }) {
      dataRights.inc({ kind: 'withdrawal' });
      log.info(fields, 'consent withdrawn');
    },
    dataErased(fields: Fields) {
      dataRights.inc({ kind: 'erasure' });
      log.info(fields, 'personal data erased');
    },
    creditChanged(fields: Fields & { kind: string }) {
      credits.inc({ kind: fields.kind });
      log.info(fields, 'credit changed');
    },
    mailSent(kind: string, fields: Fields = {}) {
      mails.inc({ kind, result: 'sent' });
      log.info({ kind, ...fields }, 'mail sent');
    },
    mailFailed(kind: string, error: unknown, fields: Fields = {}) {
      mails.inc({ kind, result: 'failed' });
      log.warn({ kind, ...fields, ...described(error) }, 'mail failed');
    },
    tableMerged(fields: Fields & { rows: number }) {
      mergedRows.inc(fields.rows);
      log.info(fields, 'table merged');
    },
    jobDone(name: string) {
      jobs.inc({ name, result: 'done' });
    },
    jobFailed(name: string, error: unknown) {
      jobs.inc({ name, result: 'failed' });
      log.error({ name, ...described(error) }, 'job failed');
    },
    requestFailed(error: unknown, fields: Fields = {}) {
      requests.inc();
      log.error({ ...fields, ...described(error) }, 'request failed');
    },
    signIn(result: string, fields: Fields = {}) {
      signIns.inc({ result });
      log.info({ result, ...fields }, 'sign-in');
    },
  };
}

export type Events = ReturnType<typeof createEvents>;
