import { verifyLedger } from '../../src/credit/verify.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';

describeEachDatabase('program rules over HTTP', (engine) => {
  let app: TestApp;
  let books: Books;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    app.clock.advance(1_000);
    books = await Books.open(app);
  });

  const own = () => `/v1/companies/${books.id}/program`;
  const change = (body: unknown, path = own(), key = OPERATOR_KEY) => app.call(path, { key, body });
  const read = async (path = own(), key = OPERATOR_KEY) => (await app.call(path, { key })).json();
  const after = (milliseconds: number) => new Date(app.clock.now().getTime() + milliseconds).toISOString();

  test('what is left out stays; the answer and the history say who changed it and from when', async () => {
    const answer = await change({ threshold: 5, creditExpiresAfterDays: 365 });
    expect(answer.status).toBe(201);
    const rules = await answer.json();
    expect(rules).toMatchObject({ threshold: 5, countEvent: 'verified', attributionWindowDays: 180 });
    const { inForce, history } = await read();
    expect(inForce).toEqual(rules);
    expect(inForce).toMatchObject({ actor: 'operator-key', companyId: books.id, effectiveAt: after(0) });
    expect(history.at(-1)).toMatchObject({ companyId: null, threshold: 10, actor: null });
  });

  test('a planned change waits for its time, and touches nothing that was posted', async () => {
    await books.referMany(8);
    const planned = await (await change({ threshold: 4, effectiveAt: after(60_000) })).json();
    expect((await read()).inForce.threshold).toBe(10);
    expect((await read()).history[0]).toEqual(planned);
    app.clock.advance(60_000);
    expect((await read()).inForce).toEqual(planned);
    expect(await books.sums()).toMatchObject({ progress: 8, credits: 0 });
    await books.referMany(1);
    expect(await books.sums()).toMatchObject({ progress: 1, credits: 2 });
    expect((await verifyLedger(app.db, { companyId: books.id })).intact).toBe(true);
  });

  test('the common rules hold for companies without their own', async () => {
    await change({ threshold: 7 });
    const other = await Books.open(app);
    expect((await change({ threshold: 12 }, '/v1/program')).status).toBe(201);
    expect((await read('/v1/program')).inForce).toMatchObject({ threshold: 12, companyId: null });
    expect((await read()).inForce.threshold).toBe(7);
    books = other;
    expect((await read()).inForce.threshold).toBe(12);
    app.clock.advance(1_000);
    await change({ threshold: 10 }, '/v1/program');
  });

  test('expiry is taken away by null', async () => {
    await change({ creditExpiresAfterDays: 30 });
    app.clock.advance(1);
    expect((await (await change({ creditExpiresAfterDays: null })).json()).creditExpiresAfterDays).toBeNull();
  });

  test('the past is not rewritten', async () => {
    const answer = await change({ threshold: 3, effectiveAt: after(-1) });
    expect(answer.status).toBe(400);
    expect((await answer.json()).errors).toEqual([expect.objectContaining({ field: 'effectiveAt' })]);
    expect((await read()).history.filter((rules: { companyId: string }) => rules.companyId)).toEqual([]);
  });

  test.each([{ threshold: 0 }, { threshold: 1.5 }, { countEvent: 'x' }, { effectiveAt: 'x' }, { more: 1 }])(
    '%j is refused',
    async (body) => {
      expect((await change(body)).status).toBe(400);
    },
  );

  test('a company reads its rules and changes none', async () => {
    const key = await app.apiKey(books.id, ['admin', 'read']);
    expect((await read(own(), key)).inForce.threshold).toBe(10);
    expect((await change({ threshold: 1 }, own(), key)).status).toBe(403);
    expect((await change({ threshold: 1 }, '/v1/program', key)).status).toBe(403);
    expect((await app.call('/v1/program', { key })).status).toBe(403);
  });
});
