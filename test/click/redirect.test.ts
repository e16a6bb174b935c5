import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Company } from '../../src/company/store.js';
import { mintLinks } from '../../src/link/mint.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';

type StoredClick = Readonly<Record<string, unknown>>;

describeEachDatabase('redirect', (engine) => {
  let app: TestApp;
  let company: Company;
  let own: Company;

  beforeAll(async () => {
    app = await startTestApp(engine, { env: { TRUST_PROXY: 'loopback' } });
    company = await app.company({ name: 'Sakura', slug: 'sakura' });
    own = await app.company({
      name: 'Momiji',
      slug: 'momiji',
      linkHost: 'go.momiji.example',
      destinationUrl: 'https://momiji.example/next?from=relay',
    });
  });
  afterAll(() => app.close());

  async function mint(companyId: string): Promise<string> {
    const [code] = await mintLinks(app.deps, app.db, companyId, 'api', [{}]);
    return code!;
  }

  function clicksOf(code: string): Promise<StoredClick[]> {
    return app.db.query('SELECT * FROM clicks WHERE code = $1 ORDER BY id', [code]);
  }

  function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
    return app.call(path, { method, headers: { 'user-agent': CHROME, ...headers } });
  }

  /** `fetch` forbids setting Host; this does not. */
  function getOnHost(host: string, path: string): Promise<{ status: number; headers: IncomingHttpHeaders }> {
    return new Promise((resolve, reject) => {
      httpRequest(`${app.baseUrl}${path}`, { headers: { host } }, (response) => {
        response.resume();
        resolve({ status: response.statusCode!, headers: response.headers });
      })
        .on('error', reject)
        .end();
    });
  }

  test('sends on to the built-in page with the click id, and has recorded the click', async () => {
    const code = await mint(company.id);
    const response = await get(`/r/${code}`);
    expect(response.status).toBe(302);
    const [click, ...more] = await clicksOf(code);
    expect(more).toEqual([]);
    expect(response.headers.get('location')).toBe(
      `${app.deps.config.baseUrl}/join/${code}?click=${click!.id}`,
    );
    expect(click).toMatchObject({
      company_id: company.id,
      class: 'human',
      cues: ['agent_browser'],
      method: 'GET',
      user_agent: CHROME,
      browser: 'Chrome',
      os: 'Windows',
      device: 'desktop',
      at: app.clock.now(),
    });
  });

  test('is never cached, indexed or followed by a referrer', async () => {
    const { headers } = await get(`/r/${await mint(company.id)}`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-robots-tag')).toBe('noindex');
    expect(headers.get('content-length')).toBe('0');
  });

  test("leads to the company's own destination", async () => {
    const code = await mint(own.id);
    const response = await get(`/r/${code}`);
    const [click] = await clicksOf(code);
    expect(response.headers.get('location')).toBe(
      `https://momiji.example/next?from=relay&cr_code=${code}&cr_click=${click!.id}`,
    );
  });

  test("the visitor's own query never reaches the destination", async () => {
    const code = await mint(own.id);
    const response = await get(`/r/${code}?cr_code=evil&cr_click=evil&to=https://evil.example`);
    expect(response.headers.get('location')).toMatch(
      new RegExp(`^https://momiji\\.example/next\\?from=relay&cr_code=${code}&cr_click=[0-9a-f-]{36}$`),
    );
  });

  test('requests of one tick are each recorded once, with their own id', async () => {
    const codes = await Promise.all(Array.from({ length: 40 }, () => mint(company.id)));
    const responses = await Promise.all(codes.map((code) => get(`/r/${code}`)));
    expect(responses.map((response) => response.status)).toEqual(codes.map(() => 302));
    for (const [index, code] of codes.entries()) {
      const [click, ...more] = await clicksOf(code);
      expect(more).toEqual([]);
      expect(responses[index]!.headers.get('location')).toContain(`/join/${code}?click=${click!.id}`);
    }
  });

  test('the same code many times at once is as many clicks', async () => {
    const code = await mint(company.id);
    await Promise.all(Array.from({ length: 20 }, () => get(`/r/${code}`)));
    expect(await clicksOf(code)).toHaveLength(20);
  });

  test('HEAD is answered like GET and recorded as a probe', async () => {
    const code = await mint(company.id);
    const response = await get(`/r/${code}`, {}, 'HEAD');
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toContain(`/join/${code}?click=`);
    expect(await clicksOf(code)).toMatchObject([{ class: 'scanner', cues: ['head_probe'], method: 'HEAD' }]);
  });

  test.each(['POST', 'PUT', 'DELETE'])('%s is refused and names what is allowed', async (method) => {
    const code = await mint(company.id);
    const response = await get(`/r/${code}`, {}, method);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect(await clicksOf(code)).toEqual([]);
  });

  test('a revoked link still leads on and is counted', async () => {
    const code = await mint(company.id);
    await app.db.query('UPDATE links SET revoked_at = $2 WHERE code = $1', [code, app.clock.now()]);
    const response = await get(`/r/${code}`);
    expect(response.status).toBe(302);
    expect(await clicksOf(code)).toHaveLength(1);
    // Where it leads says that the link was taken back, and has a way on without it.
    const page = await fetch(response.headers.get('location')!);
    expect(page.status).toBe(410);
    expect(await page.text()).toContain(`href="/join`);
  });

  test('capitals and a slash behind do no harm', async () => {
    const code = await mint(company.id);
    expect((await get(`/r/${code.toUpperCase()}/`)).status).toBe(302);
    expect(await clicksOf(code)).toHaveLength(1);
  });

  test.each(['dnt', 'sec-gpc'])('%s: class and time are kept, nothing else', async (header) => {
    const code = await mint(company.id);
    await get(`/r/${code}`, { [header]: '1' });
    expect(await clicksOf(code)).toMatchObject([
      {
        class: 'human',
        cues: ['privacy_signal'],
        user_agent: null,
        browser: null,
        os: null,
        device: null,
        visitor: null,
        asn: null,
      },
    ]);
  });

  test('the visitor is a hash that changes with the day and with the address', async () => {
    async function visitorFrom(address: string): Promise<string> {
      const code = await mint(company.id);
      await get(`/r/${code}`, { 'x-forwarded-for': address });
      const [click] = await clicksOf(code);
      return (click!.visitor as Buffer).toString('hex');
    }
    const first = await visitorFrom('203.0.113.5');
    const again = await visitorFrom('203.0.113.5');
    const other = await visitorFrom('203.0.113.6');
    app.clock.advance(86_400_000);
    const tomorrow = await visitorFrom('203.0.113.5');
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(tomorrow).not.toBe(first);
  });

  describe('static link', () => {
    test("leads on and is recorded for the company's static code", async () => {
      const response = await get('/c/sakura');
      expect(response.status).toBe(302);
      const [link] = await app.db.query<{ code: string }>(
        `SELECT code FROM links WHERE company_id = $1 AND kind = 'static'`,
        [company.id],
      );
      const clicks = await clicksOf(link!.code);
      expect(clicks).toHaveLength(1);
      expect(response.headers.get('location')).toBe(
        `${app.deps.config.baseUrl}/join/${link!.code}?click=${clicks[0]!.id}`,
      );
    });

    test.each<[string, string | null, string | null]>([
      ['/%E5%96%B6%E6%A5%AD%E8%81%B7', '営業職', null],
      ['/sales/', 'sales', null],
      ['/-/%E4%B8%80%E6%AC%A1%E9%9D%A2%E6%8E%A5', null, '一次面接'],
      ['/sales/cv/and/more?x=y', 'sales', 'cv'],
      ['/%E5%96', null, null],
      ['/a%00b', null, null],
      [`/${'x'.repeat(101)}/cv`, null, 'cv'],
      ['//', null, null],
    ])(
      '%s behind it leads to the same place and is kept as job %s and stage %s',
      async (path, job, stage) => {
        const response = await get(`/c/sakura${path}`);
        const location = new URL(response.headers.get('location')!);
        const [click] = await app.db.query<StoredClick>('SELECT * FROM clicks WHERE id = $1', [
          location.searchParams.get('click'),
        ]);
        expect(location.pathname).toBe(`/join/${click!.code}`);
        expect([click!.job, click!.stage]).toEqual([job, stage]);
      },
    );

    test("what stands behind a candidate's code changes nothing", async () => {
      const code = await mint(company.id);
      expect((await get(`/r/${code}/%E5%96%B6`)).status).toBe(302);
      expect(await clicksOf(code)).toMatchObject([{ job: null, stage: null }]);
    });

    test.each(['/c/nobody', '/c/nobody/sales', '/c/', '/c/%2e%2e'])('%s is an unknown link', async (path) => {
      expect((await get(path)).status).toBe(404);
    });
  });

  describe("company's own host", () => {
    test('a code of that company leads on', async () => {
      const code = await mint(own.id);
      const response = await getOnHost('go.momiji.example', `/${code}`);
      expect(response.status).toBe(302);
      expect(response.headers.location).toContain(`cr_code=${code}`);
      expect(await clicksOf(code)).toHaveLength(1);
    });

    test("another company's code does not", async () => {
      const code = await mint(company.id);
      expect((await getOnHost('go.momiji.example', `/${code}`)).status).toBe(404);
      expect(await clicksOf(code)).toEqual([]);
    });

    test('a host of nobody does not', async () => {
      const code = await mint(own.id);
      expect((await getOnHost('elsewhere.example', `/${code}`)).status).toBe(404);
    });
  });

  describe('unknown code', () => {
    test.each(['/r/bcdfghjk22', '/r/nonsense', '/r/', '/r/a/b'])('%s is a friendly page', async (path) => {
      const response = await get(path);
      expect(response.status).toBe(404);
      const html = await response.text();
      expect(html).toContain('このリンクは見つかりませんでした');
      expect(html).toContain('We could not find this link');
      expect(html).toContain(`href="${app.deps.config.baseUrl}/join"`);
    });

    test('carries the strict headers of our pages', async () => {
      const { headers } = await get('/r/bcdfghjk22');
      const express = await get('/healthz');
      expect(headers.get('content-security-policy')).toBe(express.headers.get('content-security-policy'));
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    });

    test("shows the visitor's language first", async () => {
      const html = await (await get('/r/bcdfghjk22', { 'accept-language': 'en-GB,en;q=0.9' })).text();
      expect(html).toContain('<html lang="en">');
      expect(html.indexOf('We could not')).toBeLessThan(html.indexOf('見つかりませんでした</h1>'));
    });

    test('HEAD has the headers and no body', async () => {
      const response = await get('/r/bcdfghjk22', {}, 'HEAD');
      expect(response.status).toBe(404);
      expect(await response.text()).toBe('');
    });
  });

  test('every other path is left to Express', async () => {
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/nowhere')).headers.get('content-type')).toMatch('application/problem+json');
  });
});
