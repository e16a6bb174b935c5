import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { type Balancer, startBalancer } from './balancer.js';
import type { Bench } from './bench-database.js';
import { rejectionLetters } from './bench-letters.js';
import { type LoadFigures, runLoad } from './mail-load.js';
import { type MailSink, startSink } from './mail-sink.js';
import { type RoleProcess, roleProcess } from './role-process.js';

const SECRETS = {
  OPERATOR_KEY: 'operator-key-of-the-rolling-restart-0123',
  SECRET_KEY: 'secret-key-of-the-rolling-restart-0123456',
};
const VISITORS = 16;
const SESSIONS = 8;

export type Restart = Readonly<{
  name: string;
  code: number | null;
  stopSeconds: number;
  startSeconds: number;
}>;

export type RollingTally = Readonly<{
  restarts: readonly Restart[];
  requests: Readonly<{ answered: number; failed: number; firstFailure?: string; recorded: number }>;
  mails: LoadFigures & Readonly<{ taken: number; delivered: number; links: number }>;
}>;

/** Visitors who keep their connections, as browsers and balancers do, and follow links until told to stop. */
function visit(port: number, codes: readonly string[]) {
  const agent = new Agent({ keepAlive: true, maxSockets: VISITORS });
  const clicks = new Set<string>();
  let failed = 0;
  let firstFailure: string | undefined;
  let going = true;

  function fail(reason: string): void {
    failed += 1;
    firstFailure ??= reason;
  }
  function follow(code: string): Promise<void> {
    return new Promise((resolve) => {
      get({ agent, port, host: '127.0.0.1', path: `/r/${code}` }, (response) => {
        response.resume().once('close', () => {
          const { location } = response.headers;
          const id = location && new URL(location).searchParams.get('click');
          if (!response.complete || response.statusCode !== 302 || !id) fail(`status ${response.statusCode}`);
          else clicks.add(id);
          resolve();
        });
      }).once('error', (error) => {
        fail(error.message);
        resolve();
      });
    });
  }
  async function visitor(first: number): Promise<void> {
    for (let at = first; going; at += VISITORS) await follow(codes[at % codes.length]!);
  }
  const visitors = Promise.all(Array.from({ length: VISITORS }, (_, index) => visitor(index)));
  return {
    async stop() {
      going = false;
      await visitors;
      agent.destroy();
      return { answered: clicks.size, failed, ...(firstFailure ? { firstFailure } : {}), clicks };
    },
  };
}

async function credential(httpPort: number): Promise<{ username: string; password: string }> {
  const headers = { authorization: `Bearer ${SECRETS.OPERATOR_KEY}`, 'content-type': 'application/json' };
  const post = async (path: string, body: object) => {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/companies${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const { id } = (await post('', { name: '株式会社青葉製作所' })) as { id: string };
  return (await post(`/${id}/credentials`, { kind: 'smtp' })) as { username: string; password: string };
}

async function restart(one: RoleProcess): Promise<Restart> {
  const { code, seconds } = await one.stop();
  const began = performance.now();
  await one.start();
  const startSeconds = Math.round((performance.now() - began) / 100) / 10;
  return { name: one.name, code, stopSeconds: seconds, startSeconds };
}

async function recordedClicks(bench: Bench, clicks: ReadonlySet<string>) {
  const db = await bench.open();
  try {
    const rows = await db.query<{ id: string }>('SELECT id FROM clicks');
    const [mails] = await db.query<{ delivered: number; links: number }>(
      "SELECT count(*) FILTER (WHERE outcome = 'delivered') AS delivered, count(code) AS links FROM messages",
    );
    return { recorded: rows.filter(({ id }) => clicks.has(id)).length, ...mails! };
  } finally {
    await db.close();
  }
}

/** Clicks and mails through balancers while `processes` are restarted one after the other. */
async function underLoad(
  bench: Bench,
  processes: readonly RoleProcess[],
  balancers: Readonly<{ web: Balancer; smtp: Balancer }>,
  sink: MailSink,
  auth: Readonly<{ username: string; password: string }>,
): Promise<RollingTally> {
  const visitors = visit(balancers.web.port, bench.codes);
  const enough = new AbortController();
  const mailing = runLoad({
    port: balancers.smtp.port,
    sessions: SESSIONS,
    reuse: true,
    messages: 1_000_000,
    seconds: 600,
    pause: 5,
    signal: enough.signal,
    auth,
    letter: rejectionLetters(),
  });
  const restarts: Restart[] = [];
  try {
    for (const one of processes) restarts.push(await restart(one));
  } finally {
    enough.abort();
  }
  const { clicks, ...requests } = await visitors.stop();
  const mails = await mailing;
  // What the worker and the journal write behind their answers is in when each has ended.
  for (const one of processes) await one.stop();
  const { recorded, delivered, links } = await recordedClicks(bench, clicks);
  return {
    restarts,
    requests: { ...requests, recorded },
    mails: { ...mails, taken: sink.count(), delivered, links },
  };
}

/**
 * Starts processes behind two balancers, and restarts each under load.
 * @param roles what each process runs; the first serves `web`
 * @param drainSeconds what each is given as DRAIN_SECONDS
 */
export async function rollingRestart(
  bench: Bench,
  roles: readonly string[],
  program: readonly string[],
  drainSeconds = 1,
): Promise<RollingTally> {
  const sink = await startSink();
  const env = {
    ...bench.env,
    ...SECRETS,
    LOG_LEVEL: 'error',
    UPSTREAM_URL: `smtp://127.0.0.1:${sink.port}`,
    SMTP_RATE: '1000000',
    DRAIN_SECONDS: String(drainSeconds),
  };
  const processes = await Promise.all(
    roles.map((role, index) =>
      roleProcess(
        `${role} ${index + 1}`,
        role,
        { ...env, DATA_DIR: join(bench.env.DATA_DIR, `${index}`) },
        program,
      ),
    ),
  );
  const open: Balancer[] = [];
  try {
    await Promise.all(processes.map((one) => one.start()));
    const serving = (role: string) => processes.filter((_, index) => roles[index]!.split(',').includes(role));
    const web = await startBalancer(serving('web').map((one) => ({ ...one, port: one.httpPort })));
    const smtp = await startBalancer(serving('smtp').map((one) => ({ ...one, port: one.smtpPort })));
    open.push(web, smtp);
    return await underLoad(bench, processes, { web, smtp }, sink, await credential(web.port));
  } finally {
    await Promise.all(open.map((one) => one.stop()));
    await Promise.all(processes.map((one) => one.stop('SIGKILL')));
    await sink.stop();
  }
}

/** What does not hold of a rolling restart; empty when nothing failed and nothing is missing. */
export function faultsOf({ restarts, requests, mails }: RollingTally): string[] {
  const faults: string[] = [];
  for (const { name, code } of restarts) if (code !== 0) faults.push(`${name} ended with ${code}`);
  if (requests.failed > 0) faults.push(`${requests.failed} requests failed: ${requests.firstFailure}`);
  if (requests.recorded !== requests.answered) {
    faults.push(`${requests.answered} clicks answered, ${requests.recorded} of them recorded`);
  }
  if (mails.failed > 0) faults.push(`${mails.failed} mails failed: ${mails.firstFailure}`);
  if (mails.taken !== mails.answered)
    faults.push(`${mails.answered} mails answered 250, ${mails.taken} taken`);
  if (mails.delivered !== mails.answered) {
    faults.push(`${mails.answered} mails answered 250, ${mails.delivered} in the journal as delivered`);
  }
  return faults;
}
