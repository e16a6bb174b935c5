import type { Outcome } from './mail-hook.js';

/** An attempt of a client to send a mail. */
export type Attempt = Readonly<{
  /** The reply codes to MAIL, RCPT, DATA and the dot, as far as it came. */
  codes: readonly string[];
  /** The last step, and its reply; `left` where the client did not wait for it, `hung up` where none came. */
  step: string;
  reply: string;
}>;

/** What was seen of one mail. */
export type Observed = Readonly<{
  attempts: readonly Attempt[];
  /** Whole copies that reached the next server, also those that it then refused. */
  arrived: number;
  /** Its rows in the journal, oldest first. */
  journal: readonly Outcome[];
}>;

/** `heard` holds, for each attempt, the step and how its reply begins, such as `. 250`. */
export type Expected = Readonly<{ heard: readonly string[]; arrived: number; journal: readonly Outcome[] }>;

export function wordOf({ step, reply }: Attempt): string {
  return `${step} ${reply}`;
}

/**
 * What the proxy promises, whatever the fault was: no attempt makes two copies; 250 is never said of a mail that did not
 * arrive; every copy has a row that says what became of it; none is made once one was delivered.
 * @returns the promises that were broken
 */
export function brokenPromises({ attempts, arrived, journal }: Observed): string[] {
  const broken: string[] = [];
  const taken = attempts.some(({ step, reply }) => step === '.' && reply.startsWith('250'));
  const known = journal.filter((outcome) => outcome !== 'failed' && outcome !== 'forwarding').length;
  const delivered = journal.filter((outcome) => outcome === 'delivered').length;
  if (taken && arrived === 0) broken.push('250 and nothing arrived');
  if (taken && delivered === 0) broken.push('250 and no row says delivered');
  if (arrived > known) broken.push('a copy that the journal does not know');
  if (delivered > 1) broken.push('delivered twice');
  if (delivered > arrived) broken.push('a row says delivered and nothing arrived');
  if (journal.includes('forwarding')) broken.push('a row stands open');
  return broken;
}

function meets(expected: Expected, { attempts, arrived, journal }: Observed): boolean {
  return (
    attempts.length === expected.heard.length &&
    attempts.every((attempt, at) => wordOf(attempt).startsWith(expected.heard[at]!)) &&
    arrived === expected.arrived &&
    journal.join() === expected.journal.join()
  );
}

/** OK when no promise was broken and one of the expectations was met exactly. @returns what is wrong, empty if nothing */
export function faultsOf(expected: readonly Expected[], observed: Observed): string[] {
  const broken = brokenPromises(observed);
  if (!expected.some((one) => meets(one, observed))) broken.push('not what was expected');
  return broken;
}
