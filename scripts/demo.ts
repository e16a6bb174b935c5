// The whole way, for a newcomer: starts the real program on its embedded database in a throw-away directory, sends
// mails through the SMTP hook, follows the links, registers and confirms candidates, and shows where it all arrived.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import nodemailer from 'nodemailer';
import { follow, press, readMail, register, urlIn } from './candidate.js';
import { composeMail } from './compose-mail.js';
import { DEMO_MAILS } from './demo-mails.js';
import { freePort, type ServerProcess, startServer } from './server-process.js';

const RECRUITER = 'recruiter@aoba.example';
const once = process.argv.includes('--once');
const dataDir = mkdtempSync(join(tmpdir(), 'career-relay-demo-'));
const operatorKey = randomBytes(24).toString('hex');
const startedAt = performance.now();

function say(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5);
  console.log(`${seconds} s  ${text}`);
}

async function call<Answer>(server: ServerProcess, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${server.baseUrl}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

type Mail = Awaited<ReturnType<typeof readMail>>;
const alreadyRead = new Map<string, Mail>();

async function outbox(): Promise<Mail[]> {
  const directory = join(dataDir, 'outbox');
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.eml')) : [];
  for (const name of names) {
    if (alreadyRead.has(name)) continue;
    const envelope = JSON.parse(readFileSync(join(directory, name.replace('.eml', '.json')), 'utf8'));
    alreadyRead.set(name, { ...(await readMail(readFileSync(join(directory, name)))), to: envelope.to[0] });
  }
  return names.sort().map((name) => alreadyRead.get(name)!);
}

/** Waits for a mail in the outbox that has a URL with this beginning. */
async function awaitUrl(to: string, prefix: string): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    for (const mail of (await outbox()).reverse()) {
      const url = mail.to === to ? urlIn(mail, prefix) : undefined;
      if (url) return url;
    }
    await delay(100);
  }
  throw new Error(`no mail with ${prefix}… reached ${to} within 30 s`);
}

type SetUp = Readonly<{ companyId: string; memberId: string; username: string; password: string }>;

async function setUp(server: ServerProcess): Promise<SetUp> {
  const company = await call<{ id: string }>(server, '/v1/companies', {
    name: '株式会社青葉製作所',
    slug: 'aoba',
  });
  const credential = await call<{ username: string; password: string }>(
    server,
    `/v1/companies/${company.id}/credentials`,
    { kind: 'smtp', label: 'demo' },
  );
  const member = await call<{ id: string }>(server, `/v1/companies/${company.id}/members`, {
    email: RECRUITER,
    role: 'admin',
  });
  return { companyId: company.id, memberId: member.id, ...credential };
}

async function sendMails(server: ServerProcess, { username, password }: SetUp): Promise<void> {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: server.smtpPort,
    auth: { user: username, pass: password },
    ignoreTLS: true,
    pool: true,
    maxConnections: 1,
  });
  for (const [index, { address, mail }] of DEMO_MAILS.entries()) {
    const from = 'recruit@aoba.example';
    const raw = composeMail({
      ...mail,
      from,
      to: address,
      messageId: `demo-${index}@aoba.example`,
      date: new Date(),
    });
    await transport.sendMail({ envelope: { from, to: [address] }, raw });
  }
  transport.close();
}

type Candidate = Readonly<{ name: string; email: string; link: string }>;

/** The candidates whose mail came out with a link. */
async function candidatesWithLinks(server: ServerProcess): Promise<Candidate[]> {
  const mails = await outbox();
  return DEMO_MAILS.flatMap(({ name, address }) => {
    const mail = mails.find((one) => one.to === address);
    const link = mail && urlIn(mail, `${server.baseUrl}/r/`);
    return link ? [{ name, email: address, link }] : [];
  });
}

async function walk(server: ServerProcess, candidates: readonly Candidate[]): Promise<void> {
  const [first] = candidates;
  // A mail gateway looks at the first link before the candidate does.
  if (first) await fetch(first.link, { method: 'HEAD', redirect: 'manual' });
  for (const { link } of candidates.slice(0, 12)) await follow(link);
  say('12 candidates opened their links, one mail gateway looked');
  for (const { name, email, link } of candidates.slice(0, 11)) {
    const answer = await register(link.replace('/r/', '/join/'), { name, email });
    if (answer.status >= 400) throw new Error(`the registration of ${name} was answered ${answer.status}`);
  }
  say('11 candidates registered');
  for (const { email } of candidates.slice(0, 11)) {
    const answer = await press(await awaitUrl(email, `${server.baseUrl}/verify/`));
    if (answer.status >= 400) throw new Error(`a confirmation was answered ${answer.status}`);
  }
  say('11 candidates confirmed by mail');
}

type Stats = {
  mails: { relayed: number; rejections: number; inserted: number; unsure: number };
  clicks: { human: number; suspected: number; scanner: number; bot: number; prefetch: number };
  registrations: { pending: number; counted: number; reversed: number };
  referrals: { counted: number; threshold: number; towardsNext: number; remaining: number };
  credits: { earned: number; available: number };
};

/** Prints each figure beside what it must be. @returns whether all are right */
function report(stats: Stats, ledgerIntact: boolean): boolean {
  const { mails, clicks, registrations, referrals, credits } = stats;
  const machine = clicks.scanner + clicks.bot + clicks.prefetch + clicks.suspected;
  const rows: readonly [string, number, number][] = [
    ['mails relayed', mails.relayed, DEMO_MAILS.length],
    [
      'rejections among them',
      mails.rejections,
      DEMO_MAILS.filter((mail) => mail.kind === 'rejection').length,
    ],
    ['links inserted', mails.inserted, 13],
    ['clicks by people', clicks.human, 12],
    ['clicks by machines', machine, 1],
    ['registrations counted', registrations.counted, 11],
    ['registrations pending', registrations.pending, 0],
    ['credits earned', credits.earned, 1],
    ['credits available', credits.available, 1],
    ['towards the next credit', referrals.towardsNext, 1],
    ['ledger intact', Number(ledgerIntact), 1],
  ];
  console.log('');
  for (const [name, actual, expected] of rows) {
    const mark = actual === expected ? '✓' : `✗ must be ${expected}`;
    console.log(`  ${name.padEnd(26)}${String(actual).padStart(5)}  ${mark}`);
  }
  console.log(
    `\n  Progress: ${referrals.towardsNext} of ${referrals.threshold} towards the next free introduction\n`,
  );
  return rows.every(([, actual, expected]) => actual === expected);
}

/** The link that is mailed works in the browser that asked for it; this one in any. */
async function signInLink(server: ServerProcess, { memberId: member }: SetUp): Promise<string> {
  return (await call<{ url: string }>(server, '/v1/sign-in-links', { member })).url;
}

async function run(server: ServerProcess): Promise<boolean> {
  const company = await setUp(server);
  say('company, SMTP credential and recruiter created');
  await sendMails(server, company);
  say(`${DEMO_MAILS.length} mails sent through the hook on port ${server.smtpPort}`);
  await walk(server, await candidatesWithLinks(server));
  const stats = await call<Stats>(server, `/v1/companies/${company.companyId}/stats`);
  const { intact } = await call<{ intact: boolean }>(
    server,
    `/v1/companies/${company.companyId}/ledger/verify`,
  );
  const right = report(stats, intact);
  console.log(`  Dashboard  ${server.baseUrl}/dashboard`);
  console.log(`  Sign in    ${await signInLink(server, company)}`);
  console.log(`  Mails      ${server.baseUrl}/dev/outbox\n`);
  return right;
}

async function main(): Promise<void> {
  say('starting the server (embedded database, throw-away directory)');
  const ports = { http: await freePort(3000), smtp: await freePort(2525) };
  const server = await startServer(
    {
      DATA_DIR: dataDir,
      OPERATOR_KEY: operatorKey,
      AGENCY_NAME: '株式会社リレー紹介',
      AGENCY_LICENSE: '13-ユ-000000',
      LOG_LEVEL: 'warn',
    },
    ports,
  );
  say(`ready on ${server.baseUrl}`);
  const finish = async (status: number) => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
    process.exit(status);
  };
  let right = false;
  try {
    right = await run(server);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  if (once || !right) await finish(right ? 0 : 1);
  console.log('  Running until Ctrl-C; then everything it made is removed.');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void finish(0));
}

await main();
