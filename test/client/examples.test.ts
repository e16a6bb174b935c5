import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { render, SendgridServer } from '../relay/sendgrid-server.js';

const run = promisify(execFile);
const LINK = /http:\/\/localhost:\d+\/r\/[2-9b-z]{10}/;

// The examples import what `npm run build` makes, by the names that a customer writes.
const built = existsSync('dist/client/nodemailer.js');
if (!built && process.env.CI) throw new Error('npm run build comes before this test');
(built ? describe : describe.skip)('the examples, as they are', () => {
  const sendgrid = new SendgridServer();
  let app: TestApp;
  let env: Record<string, string>;
  beforeAll(async () => {
    const upstream = await sendgrid.start();
    app = await startTestApp('pglite', { env: { SENDGRID_BASE_URL: upstream } });
    const { id } = await app.company({ name: 'Aoba', slug: 'aoba' });
    const body = { apiKey: 'SG.own-key-of-the-customer' };
    await app.call(`/v1/companies/${id}/sendgrid`, { key: OPERATOR_KEY, body });
    env = {
      CAREER_RELAY_URL: app.deps.config.baseUrl,
      CAREER_RELAY_KEY: await app.apiKey(id, ['links', 'mail']),
      SENDGRID_API_KEY: body.apiKey,
      SENDGRID_BASE_URL: upstream,
    };
  });
  afterAll(async () => {
    await app.close();
    await sendgrid.stop();
  });
  beforeEach(() => sendgrid.reset());

  const example = (name: string) =>
    run(process.execPath, [`examples/${name}.mjs`], { env: { ...process.env, ...env } });

  test('nodemailer', async () => {
    const { stdout, stderr } = await example('nodemailer');
    expect(stderr).toBe('');
    const text = stdout.slice(stdout.indexOf('\r\n\r\n')).replace(/=\r\n/g, '').replaceAll('=3D', '=');
    const plain = /base64/i.test(stdout) ? Buffer.from(text, 'base64').toString() : text;
    expect(plain).toMatch(LINK);
  });

  test('the library for @sendgrid/mail', async () => {
    expect((await example('sendgrid-library')).stdout).toBe('202 id-1\n');
    const urls = render(sendgrid.last).map(({ text }) => LINK.exec(text)?.[0]);
    expect(new Set(urls).size).toBe(2);
    expect(urls).not.toContain(undefined);
  });

  test('the drop-in', async () => {
    expect((await example('sendgrid-drop-in')).stdout).toBe('202 id-1\n');
    expect(render(sendgrid.last)[0]!.text).toMatch(LINK);
  });
});
