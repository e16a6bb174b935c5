import { type Report, report } from '../src/registration/report.js';
import { type Arena, type Findings, inspect, KEY, prepareRound, type Round } from './race-arena.js';
import { freePort, type ServerProcess, startServer } from './server-process.js';

/** All rounds together. What is called wrong, and gaps and broken chains, should be 0. */
export type Tally = Findings &
  Readonly<{
    rounds: number;
    reports: number;
    registrations: number;
    /** Reports that got no answer, since the process was killed; they were sent again. */
    cutOff: number;
    /** Of those, how many had been committed all the same. */
    committedUnanswered: number;
    /** Answers that say "created" more or fewer than there are registrations. */
    wrongAnswers: number;
  }>;

type Raced = Pick<Tally, 'cutOff' | 'committedUnanswered' | 'wrongAnswers'>;

const NONE: Tally = {
  rounds: 0,
  reports: 0,
  registrations: 0,
  cutOff: 0,
  committedUnanswered: 0,
  wrongAnswers: 0,
  credits: 0,
  entries: 0,
  wrongCredits: 0,
  wrongReferrals: 0,
  gaps: 0,
  brokenChains: 0,
  wrongNotices: 0,
};

function plus(left: Tally, right: Tally): Tally {
  const names = Object.keys(NONE) as (keyof Tally)[];
  return Object.fromEntries(names.map((name) => [name, left[name] + right[name]])) as Tally;
}

/** Whether no round found a fault. */
export function isExact(tally: Tally): boolean {
  const { wrongAnswers, wrongCredits, wrongReferrals, gaps, brokenChains, wrongNotices } = tally;
  return wrongAnswers + wrongCredits + wrongReferrals + gaps + brokenChains + wrongNotices === 0;
}

async function runRounds(
  arena: Arena,
  rounds: number,
  race: (round: Round, nth: number) => Promise<Raced>,
): Promise<Tally> {
  let tally = NONE;
  for (let nth = 0; nth < rounds; nth += 1) {
    const round = await prepareRound(arena, nth);
    const raced = await race(round, nth);
    const sent = round.first.length + round.reports.length;
    const { registrations } = round;
    tally = plus(tally, {
      rounds: 1,
      reports: sent,
      registrations,
      ...raced,
      ...(await inspect(arena, round)),
    });
  }
  return tally;
}

/** Every report of a round in a transaction on a connection of its own, all at once. The arena's pool has as many. */
export function raceInProcess(arena: Arena, rounds: number): Promise<Tally> {
  const { app, db } = arena;
  const post = async (one: Report) =>
    (await db.transaction((tx) => report(app.deps, tx, one, 'race'))).kind === 'created';
  return runRounds(arena, rounds, async ({ first, reports, registrations }) => {
    const created: boolean[] = [];
    for (const one of first) created.push(await post(one));
    created.push(...(await Promise.all(reports.map(post))));
    const wrongAnswers = Math.abs(created.filter(Boolean).length - registrations);
    return { cutOff: 0, committedUnanswered: 0, wrongAnswers };
  });
}

/** @returns the status; undefined where the connection ended without an answer */
async function send(server: ServerProcess, one: Report): Promise<number | undefined> {
  try {
    const response = await fetch(`${server.baseUrl}/v1/registrations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(one),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return undefined;
  }
}

/** Ends the server with SIGKILL once so many reports are answered. @returns the statuses, in the order of the reports */
async function sendAndKill(
  server: ServerProcess,
  reports: readonly Report[],
  answers: number,
): Promise<(number | undefined)[]> {
  let answered = 0;
  let killed: Promise<unknown> | undefined;
  const statuses = await Promise.all(
    reports.map(async (one) => {
      const status = await send(server, one);
      if (status !== undefined) answered += 1;
      if (answered >= answers) killed ??= server.stop('SIGKILL');
      return status;
    }),
  );
  await (killed ?? server.stop('SIGKILL'));
  return statuses;
}

/**
 * Every round on a server process of its own, which is killed in the midst of it; the next one, which waits beside it,
 * gets what was not answered once more, as a sender would do.
 * @param program what Node is given to run the server
 */
export async function raceWithKill(
  arena: Arena,
  rounds: number,
  program?: readonly string[],
): Promise<Tally> {
  const launch = async () => {
    const ports = { http: await freePort(), smtp: await freePort() };
    return startServer({ ...arena.env, ROLES: 'web' }, ports, program);
  };
  let server = await launch();
  let next = Promise.resolve(server);
  try {
    return await runRounds(arena, rounds, async ({ first, reports, registrations }, nth) => {
      next = launch();
      for (const one of first) await send(server, one);
      // The kill comes at another place each time, from the first answer on.
      const statuses = await sendAndKill(server, reports, 1 + ((nth * 7) % 48));
      server = await next;
      const again = reports.filter((_, at) => statuses[at] === undefined);
      const known = await registered(arena, again);
      const answers = await Promise.all(again.map((one) => send(server, one)));
      const refused = answers.filter((status) => status !== 200 && status !== 201).length;
      const created = [...statuses, ...answers].filter((status) => status === 201).length + first.length;
      // Who was created without an answer is found, not created, when it is sent again.
      const wrongAnswers = refused + Math.max(0, created - registrations);
      return { cutOff: again.length, committedUnanswered: known, wrongAnswers };
    });
  } finally {
    await server.stop('SIGKILL');
    await next.then(
      (spare) => spare.stop('SIGKILL'),
      () => undefined,
    );
  }
}

async function registered({ db }: Arena, reports: readonly Report[]): Promise<number> {
  const ids = [...new Set(reports.map((one) => one.externalId))];
  const [row] = await db.query<{ count: number }>(
    'SELECT count(*) FROM registrations WHERE external_id = ANY($1::text[])',
    [ids],
  );
  return row!.count;
}
