import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { type Answer, type Clicks, createClicks, IN_FLIGHT } from '../../src/click/click.js';
import { HELD_AT_MOST } from '../../src/click/layered-spool.js';
import { createRedirect } from '../../src/click/redirect.js';
import { replayClicks } from '../../src/click/replay.js';
import { classifyVisitor, readAgent } from '../../src/click/visitor.js';
import type { Company } from '../../src/company/store.js';
import type { Db, Queryable } from '../../src/db/db.js';
import { mintLinks } from '../../src/link/mint.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { TestTimer } from '../harness/timer.js';

type Store = 'there' | 'refuses' | 'hangs';

/** The real database behind a switch: it can be cut off, or its answers held back. */
function switchable(db: Db) {
  let state: Store = 'there';
  let release: () => void = () => {};
  let held: Promise<void> = Promise.resolve();
  async function asked<T>(work: () => Promise<T>): Promise<T> {
    if (state === 'refuses') throw new Error('connect ECONNREFUSED');
    const answer = await work();
    if (state === 'hangs') await held;
    return answer;
  }
  const query: Queryable['query'] = (sql, values, options) => asked(() => db.query(sql, values, options));
  const transaction: Db['transaction'] = (work) => asked(() => db.transaction(work));
  return {
    db: { ...db, query, transaction } satisfies Db,
    set(next: Store) {
      release();
      if (next === 'hangs') {
        held = new Promise((resolve) => {
          release = resolve;
        });
      }
      state = next;
    },
  };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await tick();
}

describeEachDatabase('fail open', (engine) => {
  let app: TestApp;
  let company: Company;
  let own: Company;
  let store: ReturnType<typeof switchable>;
  let time: TestTimer;
  let clicks: Clicks;
  let server: Server;
  let dataDir: string;
  let round = 0;

  beforeAll(async () => {
    app = await startTestApp(engine);
    company = await app.company({ name: 'Sakura', slug: 'sakura' });
    own = await app.company({
      name: 'Momiji',
      slug: 'momiji',
      destinationUrl: 'https://momiji.example/{code}',
    });
  });
  afterAll(() => app.close());

  async function open(): Promise<void> {
    store = switchable(app.db);
    time = new TestTimer();
    const deps = { ...app.deps, db: store.db, config: { ...app.deps.config, dataDir } };
    clicks = await createClicks(deps, time.timer);
    clicks.start();
    const redirect = createRedirect(deps, clicks);
    server = createServer((request, response) => void redirect(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  }

  async function close(): Promise<void> {
    store.set('there');
    server.closeAllConnections();
    server.close();
    await clicks.close();
  }

  beforeEach(async () => {
    round += 1;
    dataDir = join(app.dataDir, `fail-open-${round}`);
    await open();
  });
  afterEach(close);

  async function mint(companyId: string): Promise<string> {
    const [code] = await mintLinks(app.deps, app.db, companyId, 'api', [{}]);
    return code!;
  }

  function get(path: string): Promise<Response> {
    const { port } = server.address() as AddressInfo;
    return fetch(`http://127.0.0.1:${port}${path}`, {
      redirect: 'manual',
      headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0' },
    });
  }

  async function idsOf(code: string): Promise<string[]> {
    const rows = await app.db.query<{ id: string }>('SELECT id FROM clicks WHERE code = $1', [code]);
    return rows.map((row) => row.id);
  }

  const clickIn = (response: Response) =>
    /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(response.headers.get('location')!)![0];

  const spooled = () => readdirSync(join(dataDir, 'spool', '1')).filter((name) => name.endsWith('.jsonl'));

  test('error: the visitor goes on, and the click comes back with its id', async () => {
    const code = await mint(company.id);
    store.set('refuses');
    const response = await get(`/r/${code}`);
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toContain(`/join/${code}?click=`);
    expect(await idsOf(code)).toEqual([]);
    expect(spooled()).toHaveLength(1);
    store.set('there');
    time.pass(1_000);
    await until(async () => (await idsOf(code)).length > 0);
    expect(await idsOf(code)).toEqual([clickIn(response)]);
    await until(() => spooled().length === 0);
  });

  test('deadline: a late store delays nobody, and its late commit does not count twice', async () => {
    const code = await mint(company.id);
    store.set('hangs');
    const pending = get(`/r/${code}`);
    await until(async () => (await idsOf(code)).length > 0);
    time.pass(150);
    const response = await pending;
    expect(response.status).toBe(302);
    store.set('there');
    time.pass(1_000);
    await until(() => spooled().length === 0);
    expect(await idsOf(code)).toEqual([clickIn(response)]);
  });

  test('saturated: once every batch hangs, the next visitor does not wait for the deadline', async () => {
    const code = await mint(company.id);
    store.set('hangs');
    for (let batch = 1; batch <= IN_FLIGHT[engine]; batch += 1) {
      const pending = get(`/r/${code}`);
      await until(async () => (await idsOf(code)).length === batch);
      time.pass(150);
      expect((await pending).status).toBe(302);
    }
    expect((await get(`/r/${code}`)).status).toBe(302);
    expect(await idsOf(code)).toHaveLength(IN_FLIGHT[engine]);
    store.set('there');
    time.pass(1_000);
    await until(async () => (await idsOf(code)).length === IN_FLIGHT[engine] + 1);
  });

  test("a remembered link keeps its company's own destination", async () => {
    const code = await mint(own.id);
    await get(`/r/${code}`);
    store.set('refuses');
    const response = await get(`/r/${code}`);
    expect(response.headers.get('location')).toBe(`https://momiji.example/${code}`);
  });

  test('a remembered static link keeps its code', async () => {
    const before = await get('/c/sakura');
    store.set('refuses');
    const after = await get('/c/sakura');
    const withoutClick = (response: Response) => response.headers.get('location')!.split('?')[0];
    expect(withoutClick(after)).toBe(withoutClick(before));
  });

  test('an unremembered static link leads to the form without a company', async () => {
    store.set('refuses');
    const response = await get('/c/sakura');
    expect(response.headers.get('location')).toBe(`${app.deps.config.baseUrl}/join`);
  });

  test('an unknown code met meanwhile leads on, and is dropped by the replay', async () => {
    store.set('refuses');
    expect((await get('/r/bcdfghjk22')).status).toBe(302);
    store.set('there');
    time.pass(1_000);
    await until(() => spooled().length === 0);
    expect(await idsOf('bcdfghjk22')).toEqual([]);
  });

  test('a failed replay is tried again, later each time', async () => {
    const code = await mint(company.id);
    store.set('refuses');
    await get(`/r/${code}`);
    for (const wait of [1_000, 2_000, 4_000]) {
      expect(time.size).toBe(1);
      time.pass(wait - 1);
      expect(time.size).toBe(1);
      time.pass(wait);
      await until(() => time.size === 1);
    }
    store.set('there');
    time.pass(8_000);
    await until(async () => (await idsOf(code)).length === 1);
  });

  test('what is spooled when the process ends comes back after the next start', async () => {
    const code = await mint(company.id);
    store.set('refuses');
    const response = await get(`/r/${code}`);
    await close();
    await open();
    time.pass(1_000);
    await until(async () => (await idsOf(code)).length > 0);
    expect(await idsOf(code)).toEqual([clickIn(response)]);
  });

  test('a disk that refuses: the click is held in memory, counted as such, and comes back', async () => {
    const code = await mint(company.id);
    const metrics = () => app.call('/metrics').then((response) => response.text());
    rmSync(join(dataDir, 'spool', '1'), { recursive: true });
    store.set('refuses');
    const response = await get(`/r/${code}`);
    expect(response.status).toBe(302);
    expect(await metrics()).toContain('career_relay_clicks_held_total 1');
    mkdirSync(join(dataDir, 'spool', '1'));
    store.set('there');
    time.pass(1_000);
    await until(async () => (await idsOf(code)).length > 0);
    expect(await idsOf(code)).toEqual([clickIn(response)]);
  });

  test('neither disk nor room in memory: the visitor goes on, and the loss is counted', async () => {
    rmSync(join(dataDir, 'spool', '1'), { recursive: true });
    store.set('refuses');
    const visitor = classifyVisitor('GET', {}, readAgent('Mozilla/5.0'));
    const follow = (id: string) =>
      new Promise<Answer>((resolve) => {
        const named = { id, by: 'code', key: 'bcdfghjk23', host: '', at: 0 } as const;
        clicks.follow({ ...named, visitor, visitorHash: '', asn: null }, resolve);
      });
    const answers = await Promise.all(
      Array.from({ length: HELD_AT_MOST + 7 }, (_, index) => follow(`${index}`)),
    );
    expect(answers.every(({ kind }) => kind === 'redirect')).toBe(true);
    const metrics = await (await app.call('/metrics')).text();
    expect(metrics).toMatch(/^career_relay_clicks_lost_total 7$/m);
  });

  test('replaying the same clicks twice counts once', async () => {
    const code = await mint(company.id);
    const visitor = {
      visitorClass: 'human',
      cue: 'agent_browser',
      method: 'GET',
      agent: null,
      browser: null,
      os: null,
      device: null,
      prefetch: false,
      traceable: true,
    } as const;
    const click = {
      id: app.deps.newId(),
      by: 'code',
      key: code,
      host: '',
      at: 0,
      visitor,
      visitorHash: '',
      asn: null,
    } as const;
    await replayClicks(app.db, [click, { ...click, id: app.deps.newId() }]);
    await replayClicks(app.db, [click]);
    expect(await idsOf(code)).toHaveLength(2);
  });
});
