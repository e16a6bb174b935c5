import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { BEHIND_PROXY, Candidate, linkOf, referralsOf, registrationsOf, TARO } from './candidate.js';

const DAY = 24 * 60 * 60 * 1000;
const ROUNDS = 6;

describeEachDatabase('one person', (engine) => {
  let app: TestApp;
  let candidate: Candidate;
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine, BEHIND_PROXY);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    candidate = new Candidate(app);
  });

  async function companyWithLink(): Promise<{ id: string; path: string; another(): Promise<string> }> {
    const { id } = await app.company({ name: 'Aoba', slug: `aoba-${made++}` });
    const another = async () => `/join/${await linkOf(app, id)}`;
    return { id, path: await another(), another };
  }
  const person = () => ({ ...TARO, email: `person${made++}@gmail.com` });

  test('counts once per company: duplicate_company, even a year later', async () => {
    const aoba = await companyWithLink();
    const taro = person();
    await candidate.register(aoba.path, taro);
    app.clock.advance(400 * DAY);
    await candidate.register(await aoba.another(), taro);
    expect(await registrationsOf(app, taro.email)).toMatchObject([
      { counted: true, reason: null },
      { counted: false, reason: 'duplicate_company', status: 'verified' },
    ]);
    expect(await referralsOf(app, aoba.id)).toBe(1);
  });

  test('counts once per window over all companies: duplicate_program, then again', async () => {
    const [aoba, midori] = [await companyWithLink(), await companyWithLink()];
    const taro = person();
    await candidate.register(aoba.path, taro);
    app.clock.advance(364 * DAY);
    await candidate.register(await midori.another(), { ...taro });
    expect(await referralsOf(app, midori.id)).toBe(0);
    app.clock.advance(2 * DAY);
    await candidate.register(await midori.another(), { ...taro });
    expect(await registrationsOf(app, taro.email)).toMatchObject([
      { counted: true },
      { counted: false, reason: 'duplicate_program' },
      { counted: true },
    ]);
  });

  test('is known by another spelling of the address', async () => {
    const aoba = await companyWithLink();
    const taro = person();
    const spelled = { ...taro, email: taro.email.replace('p', 'P.').replace('@', '+work@') };
    await candidate.register(aoba.path, taro);
    await candidate.register(await aoba.another(), spelled);
    expect(await registrationsOf(app, spelled.email)).toMatchObject([{ reason: 'duplicate_company' }]);
  });

  test('who confirms first counts: two confirmations for two companies at once', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [aoba, midori] = [await companyWithLink(), await companyWithLink()];
      const taro = person();
      await candidate.post(aoba.path, taro);
      await candidate.post(midori.path, taro);
      const paths = await candidate.mailedPaths(taro.email);
      const pages = await Promise.all(paths.map((path) => candidate.post(path, {})));
      expect(pages.map((page) => page.status)).toEqual([200, 200]);
      const counted = (await referralsOf(app, aoba.id)) + (await referralsOf(app, midori.id));
      expect(counted).toBe(1);
      const reasons = (await registrationsOf(app, taro.email)).map((row) => row.reason);
      expect(reasons.sort()).toEqual(['duplicate_program', null]);
    }
  });

  test('ten people are ten referrals and one credit', async () => {
    const aoba = await companyWithLink();
    const people = Array.from({ length: 10 }, person);
    for (const one of people) await candidate.post(aoba.path, one);
    const paths: string[] = [];
    for (const one of people) paths.push(...(await candidate.mailedPaths(one.email)));
    expect(paths).toHaveLength(10);
    await Promise.all(paths.map((path) => candidate.post(path, {})));
    expect(await referralsOf(app, aoba.id)).toBe(10);
    const [sums] = await app.db.query(
      'SELECT sum(credits)::int AS credits, sum(progress)::int AS progress FROM ledger_entries WHERE company_id = $1',
      [aoba.id],
    );
    expect(sums).toEqual({ credits: 1, progress: 0 });
  });
});
