import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { linkOf } from '../registration/candidate.js';
import { Books } from './books.js';

describeEachDatabase('exclusions from the program', (engine) => {
  let app: TestApp;
  let books: Books;
  let agency: string;
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine);
    agency = await app.apiKey(null, ['agency']);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    books = await Books.open(app);
  });

  const exclude = (body: unknown, path = `companies/${books.id}/exclusions`, key = OPERATOR_KEY) =>
    app.call(`/v1/${path}`, { key, body });
  async function report(email: string) {
    const code = await linkOf(app, books.id);
    const body = { externalId: `x-${made++}`, code, status: 'verified', candidate: { email } };
    const answer = await app.call('/v1/registrations', { key: agency, body });
    const { counted, reason } = await answer.json();
    return { counted, reason };
  }

  test('own employees by their domain and its subdomains, and nobody of another domain', async () => {
    expect((await exclude({ domain: 'Own.Example', reason: 'employees' })).status).toBe(201);
    expect(await report('a@own.example')).toEqual({ counted: false, reason: 'excluded' });
    expect(await report('a@mail.OWN.example')).toEqual({ counted: false, reason: 'excluded' });
    expect(await report('a@known.example')).toMatchObject({ counted: true });
  });

  test('a test address, in every spelling, for one company alone', async () => {
    expect((await exclude({ address: 'Test.Er@gmail.com', reason: 'test' })).status).toBe(201);
    expect(await report('tester+1@googlemail.com')).toEqual({ counted: false, reason: 'excluded' });
    books = await Books.open(app);
    expect(await report('tester@gmail.com')).toMatchObject({ counted: true });
  });

  test('a member whom the agency knew before counts for no company', async () => {
    const body = { address: 'known@member.example', reason: 'member since 2020' };
    expect((await exclude(body, 'program/exclusions', agency)).status).toBe(201);
    expect(await report('known@member.example')).toEqual({ counted: false, reason: 'excluded' });
    expect(await books.sums()).toMatchObject({ sequence: 0 });
  });

  test('an exclusion that was ended leaves the next ones alone', async () => {
    const { id } = await (await exclude({ domain: 'ended.example', reason: 'x' })).json();
    const end = () => app.call(`/v1/exclusions/${id}`, { key: OPERATOR_KEY, method: 'DELETE' });
    expect((await end()).status).toBe(204);
    expect((await end()).status).toBe(404);
    expect(await report('a@ended.example')).toMatchObject({ counted: true });
    const list = await app.call(`/v1/companies/${books.id}/exclusions`, { key: OPERATOR_KEY });
    expect((await list.json()).exclusions).toContainEqual(
      expect.objectContaining({ id, domain: 'ended.example', removedBy: 'operator-key' }),
    );
  });

  test('the same twice is 409; no address is kept or shown', async () => {
    const body = { address: 'kept@nowhere.example', reason: 'test' };
    await exclude(body);
    expect((await exclude(body)).status).toBe(409);
    const list = await app.call(`/v1/companies/${books.id}/exclusions`, { key: OPERATOR_KEY });
    expect(await list.text()).not.toMatch('nowhere');
    const rows = await app.db.query('SELECT * FROM program_exclusions');
    expect(JSON.stringify(rows)).not.toMatch('nowhere');
  });

  test.each([{}, { domain: 'x', reason: 'y' }, { domain: 'a.example' }, { address: 'x', reason: 'y' }])(
    '%j is refused',
    async (body) => {
      expect((await exclude(body)).status).toBe(400);
    },
  );

  describe('who may', () => {
    const end = (id: string, key: string) => app.call(`/v1/exclusions/${id}`, { key, method: 'DELETE' });
    const idOf = async (answer: Promise<Response>) => ((await (await answer).json()) as { id: string }).id;

    test('an agency leaves nobody out of one company, and no company anybody out of another', async () => {
      const path = `companies/${books.id}/exclusions`;
      const body = { domain: 'a.example', reason: 'x' };
      const other = await app.apiKey((await Books.open(app)).id, ['admin']);
      const reader = await app.apiKey(books.id, ['read']);
      for (const key of [agency, other, reader]) {
        expect((await exclude(body, path, key)).status).toBe(403);
        expect((await app.call(`/v1/${path}`, { key })).status).toBe(403);
      }
      const admin = await app.apiKey(books.id, ['admin']);
      expect((await exclude(body, 'program/exclusions', admin)).status).toBe(403);
    });

    test('a company leaves its own people out, and ends what it added itself', async () => {
      const admin = await app.apiKey(books.id, ['admin']);
      const path = `companies/${books.id}/exclusions`;
      const own = await idOf(exclude({ domain: 'own2.example', reason: 'us' }, path, admin));
      expect(await report('a@own2.example')).toEqual({ counted: false, reason: 'excluded' });
      const list = await app.call(`/v1/${path}`, { key: admin });
      expect(await list.json()).toMatchObject({ exclusions: [{ id: own, source: 'company' }] });
      expect((await end(own, admin)).status).toBe(204);
      expect(await report('b@own2.example')).toMatchObject({ counted: true });
    });

    test("a company ends neither an operator's nor a common nor another company's exclusion", async () => {
      const admin = await app.apiKey(books.id, ['admin']);
      const other = await Books.open(app);
      const ids = [
        await idOf(exclude({ domain: 'kept1.example', reason: 'x' })),
        await idOf(exclude({ domain: 'kept2.example', reason: 'x' }, 'program/exclusions')),
        await idOf(
          exclude(
            { domain: 'kept3.example', reason: 'x' },
            `companies/${other.id}/exclusions`,
            await app.apiKey(other.id, ['admin']),
          ),
        ),
      ];
      for (const id of ids) expect((await end(id, admin)).status).toBe(404);
      for (const id of ids) expect((await end(id, OPERATOR_KEY)).status).toBe(204);
    });

    test('an agency ends the common ones that it added, and no others', async () => {
      const own = await idOf(
        exclude({ address: 'm1@member.example', reason: 'x' }, 'program/exclusions', agency),
      );
      const operators = await idOf(
        exclude({ address: 'm2@member.example', reason: 'x' }, 'program/exclusions'),
      );
      expect((await end(operators, agency)).status).toBe(404);
      expect((await end(own, agency)).status).toBe(204);
    });
  });
});
