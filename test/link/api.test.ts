import type { Config } from '../../src/config.js';
import { isCode, newCode } from '../../src/link/code.js';
import { linkUrl, mintLinks } from '../../src/link/mint.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';

describeEachDatabase('links', (engine) => {
  let app: TestApp;
  let companyId: string;
  let key: string;
  beforeAll(async () => {
    app = await startTestApp(engine);
    companyId = (await app.company({ name: 'Aoba' })).id;
    key = await app.apiKey(companyId, ['links']);
  });
  afterAll(() => app.close());

  async function post(path: string, body: unknown, as = key) {
    const response = await app.call(path, { key: as, body });
    return { status: response.status, body: await response.json() };
  }

  test('a link has a code and its short URL', async () => {
    const { status, body } = await post('/v1/links', {
      recipient: 'taro@example.jp',
      job: '営業職',
      stage: '書類',
    });
    expect(status).toBe(201);
    expect(isCode(body.code)).toBe(true);
    expect(body.url).toBe(`${app.deps.config.linkBaseUrl}/${body.code}`);
  });

  test('an operator names the company', async () => {
    expect((await post('/v1/links', { recipient: 'a@example.jp' }, OPERATOR_KEY)).body.detail).toMatch(
      'company',
    );
    expect((await post('/v1/links', { company: companyId }, OPERATOR_KEY)).status).toBe(201);
  });

  test('a company cannot mint for another', async () => {
    const other = await app.company({ name: 'Other' });
    expect((await post('/v1/links', { company: other.id })).status).toBe(403);
  });

  test('a company with a link host gets short URLs on it', async () => {
    const company = await app.company({ name: 'Host', linkHost: 'go.host.example' });
    const { body } = await post('/v1/links', { company: company.id }, OPERATOR_KEY);
    expect(body.url).toBe(`https://go.host.example/${body.code}`);
  });

  test('a batch answers in its order, up to 1,000', async () => {
    const links = Array.from({ length: 1_000 }, (_, index) => ({ externalId: `candidate-${index}` }));
    const { status, body } = await post('/v1/links/batch', { links });
    expect(status).toBe(201);
    const rows = await app.db.query<{ code: string; external_id: string }>(
      "SELECT code, external_id FROM links WHERE external_id LIKE 'candidate-%'",
    );
    const byCode = new Map(rows.map((row) => [row.code, row.external_id]));
    expect(body.links.map((link: { code: string }) => byCode.get(link.code))).toEqual(
      links.map((link) => link.externalId),
    );
    expect((await post('/v1/links/batch', { links: [...links, {}] })).status).toBe(400);
  });

  test('a faulty link of a batch is named by its place', async () => {
    const { status, body } = await post('/v1/links/batch', { links: [{}, { recipient: 5 }] });
    expect(status).toBe(400);
    expect(body.errors[0].field).toBe('links.1.recipient');
  });

  test('a revoked link leads to a page with a way on; revoking again changes nothing', async () => {
    const { body } = await post('/v1/links', {});
    const revoke = (as = key) => app.call(`/v1/links/${body.code}`, { method: 'DELETE', key: as });
    const stored = () => app.db.query('SELECT revoked_at FROM links WHERE code = $1', [body.code]);
    expect((await revoke()).status).toBe(204);
    const [before] = await stored();
    expect(before!.revoked_at).toEqual(app.clock.now());
    app.clock.advance(1_000);
    expect((await revoke(OPERATOR_KEY)).status).toBe(204);
    expect(await stored()).toEqual([before]);
    expect((await app.call(`/r/${body.code}`)).status).toBe(302);
    for (const method of ['GET', 'POST']) {
      const page = await app.call(`/join/${body.code}`, { method });
      expect(page.status).toBe(410);
      const html = await page.text();
      expect(html).toContain('このリンクは現在ご利用いただけません');
      expect(html).toContain('href="/join?lang=ja"');
    }
  });

  test("another company's link, a static link and an unknown one cannot be revoked", async () => {
    const other = await app.company({ name: 'Owner' });
    const [theirs = ''] = await mintLinks(app.deps, app.db, other.id, 'api', [{}]);
    const [own] = await app.db.query<{ code: string }>(
      "SELECT code FROM links WHERE company_id = $1 AND kind = 'static'",
      [companyId],
    );
    for (const code of [theirs, own!.code, 'bcdfghjk22', 'nonsense']) {
      expect((await app.call(`/v1/links/${code}`, { method: 'DELETE', key })).status).toBe(404);
    }
    const reader = await app.apiKey(companyId, []);
    const refused = await app.call(`/v1/links/${theirs}`, { method: 'DELETE', key: reader });
    expect(refused.status).toBe(403);
  });

  test('a short URL on a short host has at most 40 characters', async () => {
    const company = await app.company({ name: 'Short', linkHost: 'go.sakura-recruit.example' });
    const { body } = await post('/v1/links', { company: company.id }, OPERATOR_KEY);
    expect(body.url).toMatch(/^https:\/\/go\.sakura-recruit\.example\/[a-z0-9]{10}$/);
    expect(
      linkUrl({ linkBaseUrl: 'https://cr.example/r' } as Config, body.code, null).length,
    ).toBeLessThanOrEqual(40);
    // 'https://' and '/' and ten letters of the code leave 21 for the host.
    expect(`https://${'h'.repeat(21)}/${body.code}`).toHaveLength(40);
  });

  test('minting twice with one key gives one link', async () => {
    const mintKey = app.deps.keys.hash('mint', 'message', 'taro@example.jp');
    const [first] = await mintLinks(app.deps, app.db, companyId, 'smtp', [{ mintKey }]);
    const [again] = await mintLinks(app.deps, app.db, companyId, 'smtp', [{ mintKey }]);
    expect(again).toBe(first);
  });

  test('minting with one key at the same time, and twice in one batch, gives one link', async () => {
    const mintKey = app.deps.keys.hash('mint', 'race', 'taro@example.jp');
    const batches = await Promise.all(
      Array.from({ length: 10 }, () =>
        mintLinks(app.deps, app.db, companyId, 'smtp', [{ mintKey }, { mintKey }]),
      ),
    );
    expect(new Set(batches.flat()).size).toBe(1);
  });

  test('one request passed twice without a key asks for two links', async () => {
    const request = { recipient: 'twice@example.jp' };
    const codes = await mintLinks(app.deps, app.db, companyId, 'api', [request, request]);
    expect(new Set(codes).size).toBe(2);
    const stored = await app.db.query('SELECT code FROM links WHERE recipient = $1', [request.recipient]);
    expect(stored).toHaveLength(2);
  });

  test.each([
    ['recipient', { recipient: 'nobody' }],
    ['recipient', { recipient: `${'a'.repeat(320)}@example.jp` }],
    ['job', { job: 'x'.repeat(201) }],
    ['stage', { stage: 'nul\u0000' }],
    ['source', { source: 7 }],
    ['externalId', { externalId: 'two\nlines' }],
    ['company', { company: 'aoba' }],
    ['recipent', { recipent: 'a@example.jp' }],
  ])('a faulty %s is named', async (field, body) => {
    const answer = await post('/v1/links', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((fault: { field: string }) => fault.field)).toEqual([field]);
  });

  test('an unusual but working address is taken', async () => {
    expect((await post('/v1/links', { recipient: '..taro.@docomo.ne.jp' })).status).toBe(201);
  });

  test('the same Idempotency-Key gives the same links, and with another body a conflict', async () => {
    const mint = (path: string, body: unknown) =>
      app.call(path, { key, body, headers: { 'idempotency-key': `links-${path}` } });
    for (const [path, body, other] of [
      ['/v1/links', { job: '営業職' }, { job: '経理' }],
      ['/v1/links/batch', { links: [{}, {}] }, { links: [{}] }],
    ] as const) {
      const first = await (await mint(path, body)).json();
      expect(await (await mint(path, body)).json()).toEqual(first);
      expect((await mint(path, other)).status).toBe(409);
    }
  });

  test('a code that is taken is replaced by a fresh one', async () => {
    const taken = Buffer.alloc(32, 7);
    const fresh = Buffer.alloc(32, 9);
    const draws = [taken, taken, fresh];
    const deps = { clock: app.deps.clock, randomBytes: () => draws.shift() ?? fresh };
    await mintLinks(deps, app.db, companyId, 'api', [{}]);
    const [second] = await mintLinks(deps, app.db, companyId, 'api', [{}]);
    expect(second).toBe(newCode(fresh));
  });
});
