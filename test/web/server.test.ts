import request from 'supertest';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase } from '../harness/database.js';

describeOnDatabase('web server', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());

  test('is live and ready', async () => {
    await request(app.baseUrl).get('/healthz').expect(200, { status: 'ok' });
    await request(app.baseUrl).get('/readyz').expect(200, { status: 'ready', reasons: [] });
  });

  test('unknown route is a problem document', async () => {
    const response = await app.call('/nowhere');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
  });

  test('API without a key is refused', async () => {
    expect((await app.call('/v1/companies')).status).toBe(401);
  });

  test('API with an unknown key is refused', async () => {
    expect((await app.call('/v1/companies', { key: 'cr_wrong' })).status).toBe(401);
  });

  test('malformed JSON is a 400 that says so', async () => {
    const response = await fetch(`${app.baseUrl}/v1/companies`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
      body: '{"name": ',
    });
    expect(response.status).toBe(400);
    expect((await response.json()).detail).toMatch(/not valid JSON/);
  });

  test('before it stops it says so, and asks clients to connect anew', async () => {
    expect((await app.call('/healthz')).headers.get('connection')).toBe('keep-alive');
    app.app.retire();
    const ready = await app.call('/readyz');
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', reasons: ['stopping'] }]);
    for (const path of ['/healthz', '/r/bcdfghjk23']) {
      expect((await app.call(path)).headers.get('connection')).toBe('close');
    }
  });
});
