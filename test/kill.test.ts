import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import nodemailer from 'nodemailer';
import { follow, press, readMail, register, urlIn } from '../scripts/candidate.js';
import { composeMail } from '../scripts/compose-mail.js';
import { FROM_SOURCE, freePort, type ServerProcess, startServer } from '../scripts/server-process.js';

const OPERATOR_KEY = 'operator-key-of-the-kill-test-0123456789';
const PEOPLE = ['taro@example.jp', 'hanako@example.jp', 'jiro@example.jp'];

/** The real program as its own process, ended by SIGKILL between the steps and started again on the same directory. */
describe('kill -9 between mail, click and registration loses nothing', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'career-relay-kill-'));
  let ports: { http: number; smtp: number };
  let server: ServerProcess;
  let companyId: string;

  function start(): Promise<ServerProcess> {
    return startServer({ DATA_DIR: dataDir, OPERATOR_KEY, LOG_LEVEL: 'error' }, ports, FROM_SOURCE);
  }

  async function killAndRestart(): Promise<void> {
    await server.stop('SIGKILL');
    server = await start();
  }

  async function call<Answer>(path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${server.baseUrl}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    expect(response.status).toBeLessThan(300);
    return (await response.json()) as Answer;
  }

  /** The URL with this beginning in a mail that reached `email`; our own mails come when the worker gets to them. */
  async function urlTo(email: string, prefix: string): Promise<string> {
    const outbox = join(dataDir, 'outbox');
    for (let tries = 0; tries < 200; tries += 1) {
      for (const name of readdirSync(outbox).filter((file) => file.endsWith('.eml'))) {
        const mail = await readMail(readFileSync(join(outbox, name)));
        const url = mail.to === email ? urlIn(mail, prefix) : undefined;
        if (url) return url;
      }
      await delay(100);
    }
    throw new Error(`no mail with ${prefix} reached ${email}`);
  }

  beforeAll(async () => {
    ports = { http: await freePort(), smtp: await freePort() };
    server = await start();
    ({ id: companyId } = await call<{ id: string }>('/v1/companies', { name: '株式会社青葉製作所' }));
  }, 90_000);
  afterAll(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('mails answered 250 keep their links and their rows', async () => {
    const path = `/v1/companies/${companyId}/credentials`;
    const { username: user, password: pass } = await call<Record<string, string>>(path, { kind: 'smtp' });
    const transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port: ports.smtp,
      auth: { user, pass },
      ignoreTLS: true,
    });
    for (const [index, to] of PEOPLE.entries()) {
      const from = 'recruit@aoba.example';
      const raw = composeMail({
        from,
        to,
        subject: '選考結果のご連絡',
        text: '誠に残念ながら、今回は採用を見送らせていただくこととなりました。\n',
        charset: 'utf-8',
        encoding: '8bit',
        messageId: `kill-${index}@aoba.example`,
        date: new Date(),
      });
      await transport.sendMail({ envelope: { from, to: [to] }, raw });
    }
    transport.close();
    await killAndRestart();
    const stats = await call<{ mails: object }>(`/v1/companies/${companyId}/stats`);
    expect(stats.mails).toEqual({ relayed: 3, rejections: 3, inserted: 3, unsure: 0 });
  }, 90_000);

  test('links work after the restart, and clicks answered are clicks recorded', async () => {
    for (const email of PEOPLE) await follow(await urlTo(email, `${server.baseUrl}/r/`));
    await killAndRestart();
    const stats = await call<{ clicks: object }>(`/v1/companies/${companyId}/stats`);
    expect(stats.clicks).toMatchObject({ human: 3 });
  }, 90_000);

  test('registrations taken before are confirmed after, and count once', async () => {
    for (const email of PEOPLE) {
      const link = await urlTo(email, `${server.baseUrl}/r/`);
      const answer = await register(link.replace('/r/', '/join/'), { name: '候補者', email });
      expect(answer.status).toBeLessThan(400);
    }
    await killAndRestart();
    for (const email of PEOPLE) await press(await urlTo(email, `${server.baseUrl}/verify/`));
    await killAndRestart();
    const stats = await call<{ referrals: object }>(`/v1/companies/${companyId}/stats`);
    expect(stats.referrals).toMatchObject({ counted: 3, towardsNext: 3 });
    expect(await call(`/v1/companies/${companyId}/ledger/verify`)).toMatchObject({ intact: true });
  }, 120_000);
});
