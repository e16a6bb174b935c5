import { setTimeout as delay } from 'node:timers/promises';
import nodemailer from 'nodemailer';
import { PHONE } from './candidate.js';
import { type Books, countUp } from './storm-books.js';
import type { StormCompany } from './storm-company.js';
import { BASE_URL, type Ground, OPERATOR_KEY } from './storm-ground.js';
import { KEPT_DOMAIN, keptUrl } from './storm-taken.js';

/** How many of each a second. */
export type Rates = Readonly<{
  mails: number;
  clicks: number;
  reports: number;
  forms: number;
  reads: number;
}>;

export type Load = Readonly<{
  /** Begins nothing new; resolves when all that was begun is answered, or `patience` milliseconds are over. */
  settle(patience: number): Promise<void>;
}>;

/** Milliseconds that a client of each kind waits before it goes to the other process. */
const PATIENCE = { click: 3_000, call: 10_000, mail: 30_000 };
/** Milliseconds until a client tries again. */
const AGAIN = 400;
/** Octets of the mails that go to the disk on their way; one in twenty. */
const LARGE = 300 * 1024;
/** Milliseconds after which a candidate without a mail sends the form again. */
const FORM_AGAIN = 10_000;

let made = 0;
const next = () => {
  made += 1;
  return made;
};
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!;
const address = () => `198.51.${Math.floor(Math.random() * 256)}.${Math.floor(Math.random() * 256)}`;

function letter(id: string, to: string): string {
  const lines = [
    'From: recruit@aoba.example',
    `To: ${to}`,
    'Subject: =?utf-8?B?6YG46ICD57WQ5p6c44Gu44GU6YCj57Wh?=',
    `Message-ID: <${id}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    `X-Career-Relay-Candidate: ${id}`,
    '',
    '慎重に選考を重ねました結果、誠に残念ながら今回は採用を見送らせていただくこととなりました。',
    ...(next() % 20 === 0 ? Array.from({ length: LARGE / 72 }, () => 'x'.repeat(70)) : []),
    '',
  ];
  return lines.join('\r\n');
}

/** The clients of a storm: they send, follow, report and read, and try again as people and programs do. */
export function createLoad(
  ground: Ground,
  companies: readonly StormCompany[],
  books: Books,
  rates: Rates,
): Load {
  const ports = (role: string) => ground.members.filter((one) => one.role === role).map(({ port }) => port);
  const [webs, hooks] = [ports('web'), ports('smtp')];
  let beginning = true;
  let givenUp = false;
  const underWay = new Set<Promise<void>>();

  async function sendOnce(port: number, company: StormCompany, id: string, to: string, raw: string) {
    const transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port,
      auth: company.auth,
      ignoreTLS: true,
      connectionTimeout: PATIENCE.call,
      greetingTimeout: PATIENCE.call,
      socketTimeout: PATIENCE.mail,
    });
    try {
      await transport.sendMail({ envelope: { from: 'recruit@aoba.example', to: [to] }, raw });
      return true;
    } catch (error) {
      const { responseCode = 0, message } = error as { responseCode?: number; message: string };
      if (responseCode >= 500) books.mails.refused.push(`${id}: ${message}`);
      return responseCode >= 500;
    } finally {
      transport.close();
    }
  }

  async function mail(): Promise<void> {
    const id = `${next()}.${process.pid}@mails.storm.example`;
    const [company, to] = [pick(companies), `candidate-${id}`];
    const raw = letter(id, to);
    books.mails.open += 1;
    while (!givenUp) {
      books.mails.attempts += 1;
      if (await sendOnce(pick(hooks), company, id, to, raw)) {
        books.mails.answered.add(id);
        books.mails.open -= 1;
        return;
      }
      await delay(AGAIN);
    }
  }

  async function ask(
    port: number,
    path: string,
    init: RequestInit,
    patience: number,
  ): Promise<Response | undefined> {
    const signal = AbortSignal.timeout(patience);
    const headers = { 'user-agent': PHONE, 'x-forwarded-for': address(), ...init.headers };
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        redirect: 'manual',
        ...init,
        headers,
        signal,
      });
      // The whole answer: what a cut-off visitor saw counts as not seen.
      const body = await response.text();
      return new Response(body === '' ? null : body, response);
    } catch {
      return undefined;
    }
  }

  async function click(): Promise<void> {
    const code = pick(pick(companies).codes);
    const first = next() % webs.length;
    for (let attempt = 0; attempt < webs.length; attempt += 1) {
      if (attempt > 0) books.clicks.retried += 1;
      const response = await ask(webs[(first + attempt) % webs.length]!, `/r/${code}`, {}, PATIENCE.click);
      if (!response) continue;
      const location = response.headers.get('location') ?? '';
      const id = /(?:\/|=)([0-9a-f-]{36})$/.exec(location)?.[1];
      if (response.status === 302 && id && !books.clicks.answered.has(id)) books.clicks.answered.add(id);
      else books.clicks.wrong.push(`${response.status} ${location}`);
      return;
    }
    books.clicks.unanswered += 1;
  }

  /** Asks one process after the other until one answers with other than a fault of its own. */
  async function insist(path: string, init: RequestInit): Promise<Response | undefined> {
    while (!givenUp) {
      books.registrations.attempts += 1;
      const response = await ask(pick(webs), path, init, PATIENCE.call);
      if (response && response.status < 500 && response.status !== 429) return response;
      await delay(AGAIN);
    }
    return undefined;
  }

  function post(path: string, body: unknown, key: string): Promise<Response | undefined> {
    const headers = {
      authorization: `Bearer ${OPERATOR_KEY}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    };
    return insist(`/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async function report(): Promise<void> {
    const { registrations } = books;
    const nth = next();
    const [company, externalId] = [pick(companies), `storm-${process.pid}-${nth}`];
    const candidate = { email: `reported-${nth}@example.jp` };
    registrations.open += 1;
    const input = { externalId, code: pick(company.codes), status: 'verified', candidate };
    const response = await post('/registrations', input, externalId);
    const answer = (await response?.json()) as { counted?: boolean } | undefined;
    if (!response) return;
    if (answer?.counted) countUp(registrations.reported, company.id);
    else registrations.wrong.push(`${response.status} ${JSON.stringify(answer)}`);
    if (nth % 12 === 0) {
      const back = await post(
        `/registrations/${externalId}/reversal`,
        { reason: 'storm' },
        `${externalId}-back`,
      );
      if (!back) return;
      if (back.ok) countUp(registrations.reversed, company.id);
      else registrations.wrong.push(`reversal: ${back.status} ${await back.text()}`);
    }
    registrations.open -= 1;
  }

  function submitForm(code: string, email: string): Promise<Response | undefined> {
    const fields = { name: 'Taro', email, provide_to_agency: 'yes', lang: 'en' };
    return insist(`/join/${code}`, { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** Waits for the mail of a registration, and sends the form again when none comes. */
  async function mailedLink(code: string, email: string): Promise<string | undefined> {
    for (let waited = 0; !givenUp; waited += AGAIN) {
      const url = await keptUrl(ground.taken, email, `${BASE_URL}/verify/`);
      if (url) return new URL(url).pathname;
      await delay(AGAIN);
      if (waited > 0 && waited % FORM_AGAIN === 0) await submitForm(code, email);
    }
    return undefined;
  }

  async function form(): Promise<void> {
    const { registrations } = books;
    const [company, email] = [pick(companies), `person-${next()}@${KEPT_DOMAIN}`];
    const code = pick(company.codes);
    const sent = await submitForm(code, email);
    if (sent && sent.status !== 303) registrations.wrong.push(`form: ${sent.status}`);
    const path = await mailedLink(code, email);
    if (!path) {
      registrations.unconfirmed += 1;
      return;
    }
    registrations.open += 1;
    const confirmed = await insist(path, { method: 'POST', body: new URLSearchParams({ lang: 'en' }) });
    if (!confirmed) return;
    registrations.open -= 1;
    if (confirmed.status === 200) countUp(registrations.confirmed, company.id);
    else registrations.wrong.push(`confirmation: ${confirmed.status}`);
  }

  async function read(): Promise<void> {
    const company = pick(companies);
    const key = { authorization: `Bearer ${OPERATOR_KEY}` };
    const [path, headers] = pick<[string, Record<string, string>]>([
      ['/dashboard', { cookie: company.cookie }],
      [`/v1/companies/${company.id}/stats?by=day`, key],
      [`/v1/companies/${company.id}/ledger`, key],
      [`/v1/companies/${company.id}/messages`, key],
    ]);
    const response = await ask(pick(webs), path, { headers }, PATIENCE.call);
    if (!response || response.status >= 500) books.reads.failed += 1;
    else if (response.status === 200) books.reads.answered += 1;
    else books.reads.wrong.push(`${path}: ${response.status}`);
  }

  /** Begins `work` at an even rate, whether what was begun before is answered or not. */
  async function pace(rate: number, work: () => Promise<void>): Promise<void> {
    while (beginning && rate > 0) {
      const done = work().finally(() => underWay.delete(done));
      underWay.add(done);
      await delay((1_000 / rate) * (0.5 + Math.random()));
    }
  }

  const pacing = Promise.all([
    pace(rates.mails, mail),
    pace(rates.clicks, click),
    pace(rates.reports, report),
    pace(rates.forms, form),
    pace(rates.reads, read),
  ]);
  return {
    async settle(patience) {
      beginning = false;
      await pacing;
      const timer = setTimeout(() => {
        givenUp = true;
      }, patience);
      await Promise.all(underWay);
      clearTimeout(timer);
    },
  };
}
