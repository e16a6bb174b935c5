import { type ClickFacts, judgeInHindsight, reclassify } from '../../src/click/hindsight.js';
import { fadeClicks } from '../../src/click/retention.js';
import { type Click, recordClicks } from '../../src/click/store.js';
import { judgeRecentClicks } from '../../src/click/upkeep.js';
import { classifyVisitor, RULES_VERSION, readAgent } from '../../src/click/visitor.js';
import type { Company } from '../../src/company/store.js';
import { mintLinks } from '../../src/link/mint.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';
const MICROSOFT = 8075;
const PROOFPOINT = 26211;
const ZSCALER = 22616;

const PERSON: ClickFacts = {
  method: 'GET',
  prefetch: false,
  agent: CHROME,
  asn: null,
  age: 3_600,
  links: 1,
  posted: false,
};

describe('in hindsight', () => {
  test.each<[string, Partial<ClickFacts>, string, string[]]>([
    ['a browser is a human', {}, 'human', ['agent_browser']],
    ['time alone says nothing', { age: 1 }, 'human', ['agent_browser']],
    ['network_cloud alone is suspected', { asn: MICROSOFT }, 'suspected', ['network_cloud']],
    ['network_web_gateway alone is suspected', { asn: ZSCALER }, 'suspected', ['network_web_gateway']],
    ['network_mail_security is a scanner', { asn: PROOFPOINT }, 'scanner', ['network_mail_security']],
    [
      'soon_after_sending from a cloud is a scanner',
      { asn: MICROSOFT, age: 40 },
      'scanner',
      ['network_cloud', 'soon_after_sending'],
    ],
    ['many_links alone is suspected', { links: 3 }, 'suspected', ['agent_browser', 'many_links']],
    ['two links are no sweep', { links: 2 }, 'human', ['agent_browser']],
    [
      'many_links from a cloud is a scanner',
      { asn: MICROSOFT, links: 3 },
      'scanner',
      ['network_cloud', 'many_links'],
    ],
    [
      'later_post proves a human, whatever the rest says',
      { asn: PROOFPOINT, links: 9, age: 1, posted: true },
      'human',
      ['network_mail_security', 'later_post'],
    ],
    ['a static link has no age', { asn: MICROSOFT, age: null }, 'suspected', ['network_cloud']],
    ['head_probe stays', { method: 'HEAD', links: 9 }, 'scanner', ['head_probe']],
    ['prefetch_header stays', { prefetch: true }, 'prefetch', ['prefetch_header']],
    ['agent_bot stays', { agent: 'curl/8.5.0', asn: MICROSOFT }, 'bot', ['agent_bot']],
    ['agent_empty stays', { agent: null }, 'bot', ['agent_empty']],
  ])('%s', (_, facts, visitorClass, cues) => {
    expect(judgeInHindsight({ ...PERSON, ...facts })).toEqual({ visitorClass, cues });
  });
});

describeEachDatabase('clicks afterwards', (engine) => {
  let app: TestApp;
  let company: Company;
  beforeAll(async () => {
    app = await startTestApp(engine);
    company = await app.company({ name: 'Sakura', slug: 'sakura' });
  });
  afterAll(() => app.close());
  beforeEach(() => app.clock.advance(86_400_000));

  async function mint(count = 1): Promise<string[]> {
    return mintLinks(
      app.deps,
      app.db,
      company.id,
      'api',
      Array.from({ length: count }, () => ({})),
    );
  }

  async function click(code: string, from: { asn?: number; visitor?: string; headers?: object } = {}) {
    const visitor = classifyVisitor('GET', { ...from.headers }, readAgent(CHROME));
    const one: Click = {
      id: app.deps.newId(),
      by: 'code',
      key: code,
      host: '',
      at: app.clock.now().getTime(),
      visitor,
      visitorHash: visitor.traceable ? (from.visitor ?? app.deps.randomBytes(16).toString('hex')) : '',
      asn: visitor.traceable ? (from.asn ?? null) : null,
    };
    await recordClicks(app.db, 'code', [one]);
    return one.id;
  }

  async function stored(id: string) {
    const [row] = await app.db.query<Record<string, unknown>>('SELECT * FROM clicks WHERE id = $1', [id]);
    return row!;
  }

  test('one visitor with several candidates’ links is suspected; the first verdict stays beside', async () => {
    const ids: string[] = [];
    for (const code of await mint(3)) ids.push(await click(code, { visitor: 'aa'.repeat(16) }));
    const other = await click((await mint())[0]!);
    expect(await judgeRecentClicks(app.deps)).toBe(3);
    for (const id of ids) {
      expect(await stored(id)).toMatchObject({
        class: 'suspected',
        cues: ['agent_browser', 'many_links'],
        first_class: 'human',
        rules_version: RULES_VERSION,
      });
    }
    expect(await stored(other)).toMatchObject({ class: 'human', first_class: null });
    expect(await judgeRecentClicks(app.deps)).toBe(0);
  });

  test('the same link three times is no sweep', async () => {
    const [code = ''] = await mint();
    for (let time = 0; time < 3; time += 1) await click(code, { visitor: 'bb'.repeat(16) });
    expect(await judgeRecentClicks(app.deps)).toBe(0);
  });

  test('a cloud soon after the mail is a scanner, a day later suspected', async () => {
    const [soon = '', late = ''] = await mint(2);
    const first = await click(soon, { asn: MICROSOFT });
    app.clock.advance(86_400_000);
    const second = await click(late, { asn: MICROSOFT });
    await reclassify(app.db, new Date(0));
    expect((await stored(first)).class).toBe('scanner');
    expect((await stored(second)).class).toBe('suspected');
  });

  test('a registration from the page of a click proves a human, days later too', async () => {
    const [code = ''] = await mint();
    const id = await click(code, { asn: PROOFPOINT });
    await reclassify(app.db, app.clock.now());
    expect((await stored(id)).class).toBe('scanner');
    app.clock.advance(3 * 86_400_000);
    const body = new URLSearchParams({
      click: id,
      name: '青葉 太郎',
      email: 'taro@example.jp',
      provide_to_agency: 'yes',
    });
    await fetch(`${app.baseUrl}/join/${code}`, { method: 'POST', body, redirect: 'manual' });
    const [registration] = await app.db.query('SELECT click_id FROM registrations WHERE code = $1', [code]);
    expect(registration).toEqual({ click_id: id });
    await judgeRecentClicks(app.deps);
    expect(await stored(id)).toMatchObject({ class: 'human', cues: ['network_mail_security', 'later_post'] });
  });

  test('older rules’ verdicts are judged again, and counts follow', async () => {
    const [code = ''] = await mint();
    const since = app.clock.now();
    const id = await click(code, { asn: PROOFPOINT });
    await app.db.query(
      `UPDATE clicks SET class = 'human', cues = '{agent_browser}', rules_version = 1 WHERE id = $1`,
      [id],
    );
    expect(await reclassify(app.db, since)).toBe(1);
    expect(await stored(id)).toMatchObject({ class: 'scanner', rules_version: RULES_VERSION });
    expect(await reclassify(app.db, since)).toBe(0);
  });

  test('of people who asked not to be tracked nothing is kept, and nothing is judged again', async () => {
    const [code = ''] = await mint();
    const id = await click(code, { asn: MICROSOFT, headers: { dnt: '1' } });
    expect(await stored(id)).toMatchObject({
      class: 'human',
      cues: ['privacy_signal'],
      asn: null,
      visitor: null,
      user_agent: null,
    });
    expect(await reclassify(app.db, app.clock.now())).toBe(0);
  });

  test('old clicks fade; their count, time and class stay, and no rule judges them again', async () => {
    const [code = ''] = await mint();
    const id = await click(code, { asn: MICROSOFT });
    await reclassify(app.db, app.clock.now());
    const before = await stored(id);
    app.clock.advance(399 * 86_400_000);
    await fadeClicks(app.db, app.clock.now(), 400);
    expect((await stored(id)).user_agent).toBe(CHROME);
    app.clock.advance(2 * 86_400_000);
    expect(await fadeClicks(app.db, app.clock.now(), 400)).toBeGreaterThan(0);
    expect(await stored(id)).toMatchObject({
      at: before.at,
      class: before.class,
      code,
      user_agent: null,
      browser: null,
      os: null,
      device: null,
      visitor: null,
      asn: null,
    });
    expect(await fadeClicks(app.db, app.clock.now(), 400)).toBe(0);
    await reclassify(app.db, new Date(0));
    expect((await stored(id)).class).toBe(before.class);
  });
});
