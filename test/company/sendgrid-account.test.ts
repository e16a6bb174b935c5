import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { SendgridServer } from '../relay/sendgrid-server.js';

describeEachDatabase('SendGrid account API', (engine) => {
  const sendgrid = new SendgridServer();
  let app: TestApp;
  let id: string;
  let path: string;
  let counter = 0;
  beforeAll(async () => {
    const env = {
      SENDGRID_BASE_URL: await sendgrid.start(),
      SENDGRID_API_KEY: 'SG.key-of-the-installation-0123',
    };
    app = await startTestApp(engine, { env });
  });
  afterAll(async () => {
    await app.close();
    await sendgrid.stop();
  });
  beforeEach(async () => {
    sendgrid.reset();
    ({ id } = await app.company({ name: 'Keys', slug: `sendgrid-${++counter}` }));
    path = `/v1/companies/${id}/sendgrid`;
  });

  const own = { apiKey: 'SG.own-key-0123456789-abcd' };
  const mail = {
    personalizations: [{ to: [{ email: 'a@example.jp' }] }],
    from: { email: 'b@example.jp' },
    subject: 'Hi',
    content: [{ type: 'text/plain', value: 'Hi' }],
  };
  async function send(headers: Record<string, string> = {}): Promise<number> {
    const key = await app.apiKey(id, ['mail']);
    return (await app.call('/v3/mail/send', { key, body: mail, headers })).status;
  }

  test('a key is kept encrypted, shown by its last characters only, replaced, and forgotten', async () => {
    const admin = await app.apiKey(id, ['admin']);
    const kept = await app.call(path, { key: admin, body: own });
    expect(kept.status).toBe(201);
    expect(await kept.json()).toMatchObject({ kind: 'own', hint: 'abcd' });
    const [row] = await app.db.query<{ sealed: Buffer }>(
      'SELECT api_key AS sealed FROM sendgrid_accounts WHERE company_id = $1',
      [id],
    );
    expect(row!.sealed.includes('own-key')).toBe(false);
    expect(await send()).toBe(202);
    expect(sendgrid.requests[0]!.headers.authorization).toBe(`Bearer ${own.apiKey}`);
    await app.call(path, { key: admin, body: { apiKey: 'SG.other-key-0123456789-wxyz' } });
    expect(await (await app.call(path, { key: admin })).json()).toMatchObject({ hint: 'wxyz' });
    await send();
    expect(sendgrid.requests[1]!.headers.authorization).toBe('Bearer SG.other-key-0123456789-wxyz');
    expect((await app.call(path, { key: admin, method: 'DELETE' })).status).toBe(204);
    expect((await app.call(path, { key: admin, method: 'DELETE' })).status).toBe(404);
    expect(await send()).toBe(403);
  });

  test("the installation's account is the operator's to give, and speaks for nobody else", async () => {
    expect(await send()).toBe(403);
    const admin = await app.apiKey(id, ['admin']);
    expect((await app.call(path, { key: admin, body: { installation: true } })).status).toBe(403);
    const given = await app.call(path, { key: OPERATOR_KEY, body: { installation: true } });
    expect(await given.json()).toMatchObject({ kind: 'installation', hint: null });
    expect(await send()).toBe(202);
    expect(sendgrid.requests[0]!.headers.authorization).toBe('Bearer SG.key-of-the-installation-0123');
    expect(await send({ 'on-behalf-of': 'somebody' })).toBe(403);
    expect(sendgrid.requests).toHaveLength(1);
  });

  test.each([
    { apiKey: 'short' },
    { apiKey: 'SG.with blank 0123456789' },
    {},
    { ...own, installation: true },
  ])('%j is refused', async (body) => {
    expect((await app.call(path, { key: OPERATOR_KEY, body })).status).toBe(400);
  });

  test('a reading key and another company may not', async () => {
    const other = await app.company({ name: 'Other', slug: `sendgrid-other-${counter}` });
    for (const key of [await app.apiKey(id, ['read']), await app.apiKey(other.id, ['admin'])]) {
      expect((await app.call(path, { key, body: own })).status).toBe(403);
      expect((await app.call(path, { key })).status).toBe(403);
      expect((await app.call(path, { key, method: 'DELETE' })).status).toBe(403);
    }
  });

  test('a key moved to another company does not open', async () => {
    await app.call(path, { key: OPERATOR_KEY, body: own });
    const other = await app.company({ name: 'Other', slug: `sendgrid-moved-${counter}` });
    await app.db.query('UPDATE sendgrid_accounts SET company_id = $1 WHERE company_id = $2', [other.id, id]);
    id = other.id;
    expect(await send()).toBe(503);
    expect(sendgrid.requests).toEqual([]);
  });
});
