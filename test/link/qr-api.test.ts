import { spawnSync } from 'node:child_process';
import { staticUrlOf } from '../../src/company/company.js';
import type { Company } from '../../src/company/store.js';
import { mintLinks } from '../../src/link/mint.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase } from '../harness/database.js';
import { pathOf, testWith } from '../harness/programs.js';

describeOnDatabase('QR codes of links', (engine) => {
  let app: TestApp;
  let company: Company;
  let key: string;
  let code: string;
  beforeAll(async () => {
    app = await startTestApp(engine);
    company = await app.company({ name: 'Aoba', slug: 'aoba' });
    key = await app.apiKey(company.id, ['links']);
    [code = ''] = await mintLinks(app.deps, app.db, company.id, 'api', [{}]);
  });
  afterAll(() => app.close());

  const get = (path: string, as = key) => app.call(`/v1${path}`, { key: as });

  async function readBack(path: string): Promise<string> {
    const picture = Buffer.from(await (await get(path)).arrayBuffer());
    const { stdout } = spawnSync(pathOf('zbarimg'), ['--quiet', '--raw', '-'], { input: picture });
    return stdout.toString().trim();
  }

  testWith('zbarimg')("a candidate's link is read back, and the static link is", async () => {
    const { linkBaseUrl } = app.deps.config;
    expect(await readBack(`/links/${code}/qr.png`)).toBe(`${linkBaseUrl}/${code}`);
    expect(await readBack(`/companies/${company.id}/qr.png?size=200&margin=6`)).toBe(
      staticUrlOf(app.deps.config, company),
    );
    const [own] = await app.db.query<{ code: string }>("SELECT code FROM links WHERE kind = 'static'");
    expect(await readBack(`/links/${own!.code}/qr.png`)).toBe(staticUrlOf(app.deps.config, company));
  });

  test('a picture says what it is and has the size that was asked for', async () => {
    const svg = await get(`/links/${code}/qr.svg?size=100`);
    expect(svg.headers.get('content-type')).toMatch('image/svg+xml');
    expect(await svg.text()).toMatch(/^<svg [^>]*width="100"/);
    const png = await get(`/links/${code}/qr.png?size=100`);
    expect(png.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await png.arrayBuffer()).readUInt32BE(16)).toBe(100);
  });

  test.each([
    ['size', 'qr.png?size=63'],
    ['size', 'qr.png?size=2049'],
    ['size', 'qr.svg?size=big'],
    ['margin', 'qr.svg?margin=17'],
    ['margin', 'qr.svg?margin=-1'],
    ['format', 'qr.gif'],
  ])('a faulty %s is named: %s', async (field, picture) => {
    const answer = await get(`/links/${code}/${picture}`);
    expect(answer.status).toBe(400);
    expect((await answer.json()).errors[0].field).toBe(field);
  });

  test('only the company and the operator have them', async () => {
    const other = await app.company({ name: 'Other' });
    const theirs = await app.apiKey(other.id, ['links']);
    expect((await get(`/links/${code}/qr.svg`, theirs)).status).toBe(404);
    expect((await get(`/companies/${company.id}/qr.svg`, theirs)).status).toBe(403);
    expect((await get(`/links/${code}/qr.svg`, await app.apiKey(company.id, []))).status).toBe(403);
    expect((await get(`/links/${code}/qr.svg`, OPERATOR_KEY)).status).toBe(200);
    expect((await get('/links/bcdfghjk22/qr.svg')).status).toBe(404);
    expect((await app.call(`/v1/links/${code}/qr.svg`)).status).toBe(401);
  });
});
