import { type Click, recordClicks, recordClicksAgain, settleCodes } from '../../src/click/store.js';
import { classifyVisitor, readAgent } from '../../src/click/visitor.js';
import { mintLinks } from '../../src/link/mint.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';

const AGENT = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36';

describeEachDatabase('recording clicks', (engine) => {
  let app: TestApp;
  const codes: string[] = [];
  const companies: string[] = [];

  beforeAll(async () => {
    app = await startTestApp(engine);
    for (const destinationUrl of [undefined, 'https://jobs.example/']) {
      const company = await app.company({
        name: 'Sakura',
        slug: destinationUrl ? 'own' : 'common',
        destinationUrl,
      });
      companies.push(company.id);
      codes.push(...(await mintLinks(app.deps, app.db, company.id, 'api', [{}, {}])));
    }
  });
  afterAll(() => app.close());

  function clickOn(key: string): Click {
    const visitor = classifyVisitor('GET', {}, readAgent(AGENT));
    const at = app.clock.now().getTime();
    return { id: app.deps.newId(), by: 'code', key, host: '', at, visitor, visitorHash: '', asn: null };
  }
  async function countOf(clicks: readonly Click[]): Promise<number> {
    const rows = await app.db.query('SELECT id FROM clicks WHERE id = ANY ($1)', [
      clicks.map(({ id }) => id),
    ]);
    return rows.length;
  }

  test('what was found comes as one row a company, with the places of its clicks; an unknown code has none', async () => {
    const clicks = [codes[0]!, '2222222222', codes[2]!, codes[3]!, codes[0]!].map(clickOn);
    const found = await recordClicks(app.db, 'code', clicks);
    const ofCompany = (id: string | undefined) => {
      const { places = [], ...rest } = found.find(({ companyId }) => companyId === id) ?? {};
      return { ...rest, places: places.toSorted() };
    };
    expect(found).toHaveLength(2);
    const [common, own] = companies;
    expect(ofCompany(common)).toEqual({
      companyId: common,
      destinationUrl: null,
      code: null,
      places: [0, 4],
    });
    const destinationUrl = 'https://jobs.example/';
    expect(ofCompany(own)).toEqual({ companyId: own, destinationUrl, code: null, places: [2, 3] });
    expect(await countOf(clicks)).toBe(4);
  });

  test('a click that is stored already fails the whole batch, and again counts once', async () => {
    const [first, second] = [clickOn(codes[0]!), clickOn(codes[1]!)];
    await recordClicks(app.db, 'code', [first]);
    await expect(recordClicks(app.db, 'code', [second, first])).rejects.toThrow(/clicks_pkey/);
    expect(await countOf([first, second])).toBe(1);
    await recordClicksAgain(app.db, 'code', [second, first]);
    await recordClicksAgain(app.db, 'code', [second, first]);
    expect(await countOf([first, second])).toBe(2);
  });

  test('what is new in the index on the codes is moved into its tree, and is found before and after', async () => {
    const { code } = (await app.db.query<{ code: string }>('SELECT code FROM clicks LIMIT 1'))[0]!;
    const found = () => app.db.query('SELECT id FROM clicks WHERE ARRAY[code] @> ARRAY[$1]', [code]);
    await recordClicks(app.db, 'code', [clickOn(code)]);
    const before = await found();
    expect(await settleCodes(app.db)).toBeGreaterThan(0);
    expect(await settleCodes(app.db)).toBe(0);
    expect(await found()).toHaveLength(before.length);
  });
});
