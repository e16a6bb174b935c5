import { postReferral, redeem } from '../../src/credit/ledger.js';
import { projectedDay } from '../../src/dashboard/stats.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { rowsOf } from './rows.js';

describeEachDatabase('stats', (engine) => {
  let app: TestApp;
  let company: string;
  let other: string;

  beforeAll(async () => {
    app = await startTestApp(engine);
    company = (await app.company({ name: 'Aoba', slug: 'aoba' })).id;
    other = (await app.company({ name: 'Other', slug: 'other' })).id;
    await seed();
  });
  afterAll(() => app.close());

  /** Tokyo is nine hours ahead: 15:00 UTC is the next day there. */
  async function seed(): Promise<void> {
    const rows = rowsOf(app, company);
    await rows.link('aaaaaaaaaa', '2026-11-01T01:00:00Z', { job: 'Sales', stage: 'CV', source: 'Fair' });
    await rows.link('bbbbbbbbbb', '2026-11-01T01:00:00Z', { job: 'Sales' });
    await rows.link('cccccccccc', '2026-11-02T01:00:00Z', { job: 'Engineer', origin: 'api' });
    await rows.link('dddddddddd', '2026-11-02T01:00:00Z', { origin: 'import' });
    await rows.message('2026-11-01T01:00:00Z', {
      action: 'inserted',
      code: 'aaaaaaaaaa',
      job: 'Sales',
      stage: 'CV',
      source: 'Fair',
    });
    await rows.message('2026-11-01T14:59:59Z', { action: 'inserted', code: 'bbbbbbbbbb', job: 'Sales' });
    await rows.message('2026-11-01T15:00:00Z', { job: 'Sales' });
    await rows.message('2026-11-02T02:00:00Z', { verdict: 'unsure' });
    await rows.message('2026-11-02T02:00:00Z', { verdict: 'other' });
    await rows.message('2026-11-02T02:00:00Z', { outcome: 'refused' });
    await rows.message('2026-11-02T02:00:00Z', {
      outcome: 'ambiguous',
      action: 'inserted',
      code: 'bbbbbbbbbb',
    });
    const [fixed] = await app.db.query<{ code: string }>(
      `SELECT code FROM links WHERE company_id = $1 AND kind = 'static'`,
      [company],
    );
    await rows.click('aaaaaaaaaa', '2026-11-01T03:00:00Z');
    await rows.click('aaaaaaaaaa', '2026-11-02T03:00:00Z');
    const click = await rows.click('bbbbbbbbbb', '2026-11-02T03:00:00Z', 'suspected');
    await rows.click('bbbbbbbbbb', '2026-11-02T03:00:00Z', 'scanner');
    await rows.click('cccccccccc', '2026-11-02T03:00:00Z', 'bot');
    await rows.click('cccccccccc', '2026-11-02T03:00:00Z', 'prefetch');
    await rows.click(fixed!.code, '2026-11-02T03:00:00Z');
    await rows.registration('2026-11-01T04:00:00Z', {
      code: 'aaaaaaaaaa',
      status: 'verified',
      countedAt: '2026-11-02T04:00:00Z',
    });
    await rows.registration('2026-11-02T04:00:00Z', { clickId: click });
    await rows.registration('2026-11-02T04:00:00Z', {
      code: 'cccccccccc',
      status: 'verified',
      reason: 'duplicate',
    });
    await rows.registration('2026-11-02T04:00:00Z', {
      code: 'cccccccccc',
      status: 'reversed',
      countedAt: '2026-11-02T04:00:00Z',
      reversedAt: '2026-11-03T04:00:00Z',
    });
    const theirs = rowsOf(app, other);
    await theirs.link('zzzzzzzzzz', '2026-11-02T01:00:00Z', { origin: 'api' });
    await theirs.message('2026-11-02T02:00:00Z');
    await theirs.click('zzzzzzzzzz', '2026-11-02T03:00:00Z');
    await theirs.registration('2026-11-02T04:00:00Z', { code: 'zzzzzzzzzz' });
  }

  async function stats(query = '') {
    const response = await app.call(`/v1/companies/${company}/stats${query}`, { key: OPERATOR_KEY });
    expect(response.status).toBe(200);
    return response.json();
  }

  test('all figures, exactly', async () => {
    expect(await stats()).toEqual({
      mails: { relayed: 5, rejections: 3, inserted: 2, unsure: 1 },
      clicks: { human: 3, suspected: 1, scanner: 1, bot: 1, prefetch: 1 },
      candidatesClicked: 1,
      registrations: { pending: 1, counted: 1, reversed: 1 },
      referrals: { counted: 0, threshold: 10, towardsNext: 0, remaining: 10 },
      credits: { earned: 0, redeemed: 0, expired: 0, revoked: 0, available: 0 },
    });
  });

  test('a day begins and ends in the time zone of the company', async () => {
    const first = await stats('?from=2026-11-01&to=2026-11-01');
    expect(first.mails).toEqual({ relayed: 2, rejections: 2, inserted: 2, unsure: 0 });
    expect(first.clicks.human).toBe(1);
    expect(first.registrations).toEqual({ pending: 0, counted: 0, reversed: 0 });
    const second = await stats('?from=2026-11-02');
    expect(second.mails).toEqual({ relayed: 3, rejections: 1, inserted: 0, unsure: 1 });
    expect(second.registrations).toEqual({ pending: 1, counted: 1, reversed: 1 });
  });

  test('series by day', async () => {
    const { series } = await stats('?by=day');
    expect(
      series.map((row: { key: string; notices: number; withLink: number }) => [
        row.key,
        row.notices,
        row.withLink,
      ]),
    ).toEqual([
      ['2026-11-01', 2, 2],
      ['2026-11-02', 3, 2],
      ['2026-11-03', 0, 0],
    ]);
    expect(series[2].registrations.reversed).toBe(1);
  });

  test('series by job: a registration without a code takes the label of its click', async () => {
    const { series } = await stats('?by=job');
    expect(
      series.map((row: { key: string | null; notices: number; registrations: { received: number } }) => [
        row.key,
        row.notices,
        row.registrations.received,
      ]),
    ).toEqual([
      ['Engineer', 1, 2],
      ['Sales', 3, 2],
      [null, 1, 0],
    ]);
  });

  test('labels behind a static link show in the breakdowns, of clicks and of registrations', async () => {
    const own = await app.company({ name: 'Labelled', slug: 'labelled' });
    const rows = rowsOf(app, own.id);
    const [fixed] = await app.db.query<{ code: string }>(
      `SELECT code FROM links WHERE company_id = $1 AND kind = 'static'`,
      [own.id],
    );
    const click = await rows.click(fixed!.code, '2026-11-02T03:00:00Z', 'human', {
      job: 'Sales',
      stage: 'CV',
    });
    await rows.registration('2026-11-02T04:00:00Z', { code: fixed!.code, clickId: click });
    for (const [by, key] of [
      ['job', 'Sales'],
      ['stage', 'CV'],
      ['source', null],
    ]) {
      const answer = await app.call(`/v1/companies/${own.id}/stats?by=${by}`, { key: OPERATOR_KEY });
      const { series } = await answer.json();
      expect(series).toMatchObject([{ key, clicks: { human: 1 }, registrations: { received: 1 } }]);
    }
  });

  test('series by stage and by source', async () => {
    expect((await stats('?by=stage')).series[0]).toMatchObject({
      key: 'CV',
      notices: 1,
      candidatesClicked: 1,
    });
    expect((await stats('?by=source')).series[0]).toMatchObject({ key: 'Fair', notices: 1, withLink: 1 });
  });

  test.each(['?from=2026-02-30', '?from=yesterday', '?from=2026-11-02&to=2026-11-01', '?by=person'])(
    'refuses %s',
    async (query) => {
      const response = await app.call(`/v1/companies/${company}/stats${query}`, { key: OPERATOR_KEY });
      expect(response.status).toBe(400);
    },
  );

  test('standings and the projected day come from the ledger', async () => {
    const aim = (await app.company({ name: 'Aim', slug: 'aim' })).id;
    expect(await projectedDay(app.db, aim, 10, app.clock.now(), 'Asia/Tokyo')).toBeUndefined();
    for (let index = 0; index < 12; index += 1) {
      await app.db.transaction((tx) =>
        postReferral(app.deps, tx, {
          companyId: aim,
          registrationId: app.deps.newId(),
          actor: 'test',
          at: app.clock.now(),
        }),
      );
    }
    await app.db.transaction((tx) =>
      redeem(app.deps, tx, {
        companyId: aim,
        quantity: 1,
        reference: 'r1',
        actor: 'test',
        at: app.clock.now(),
      }),
    );
    const response = await app.call(`/v1/companies/${aim}/stats`, { key: OPERATOR_KEY });
    expect(await response.json()).toMatchObject({
      referrals: { counted: 12, threshold: 10, towardsNext: 2, remaining: 8 },
      credits: { earned: 1, redeemed: 1, expired: 0, revoked: 0, available: 0 },
    });
    // 8 ÷ (12 ÷ 30) = 20 days from 22 November
    expect(await projectedDay(app.db, aim, 8, app.clock.now(), 'Asia/Tokyo')).toBe('2026-12-12');
  });

  test('messages: newest first, by verdict, with a cursor, without addresses', async () => {
    const page = await app.call(`/v1/companies/${company}/messages`, { key: OPERATOR_KEY });
    const text = await page.text();
    expect(text).not.toMatch(/secret-/);
    const { messages, next } = JSON.parse(text);
    expect(messages).toHaveLength(7);
    expect(next).toBeNull();
    expect(messages.at(-1)).toMatchObject({
      receivedAt: '2026-11-01T01:00:00.000Z',
      verdict: 'rejection',
      action: 'inserted',
      reason: null,
      code: 'aaaaaaaaaa',
      job: 'Sales',
      outcome: 'delivered',
    });
    const unsure = await app.call(`/v1/companies/${company}/messages?verdict=unsure`, { key: OPERATOR_KEY });
    expect((await unsure.json()).messages).toHaveLength(1);
    const wrong = await app.call(`/v1/companies/${company}/messages?cursor=x`, { key: OPERATOR_KEY });
    expect(wrong.status).toBe(400);
  });

  test('messages: every one is on exactly one page', async () => {
    const many = (await app.company({ name: 'Many', slug: 'many' })).id;
    const rows = rowsOf(app, many);
    // All at one moment: the order must not hang on time alone.
    for (let index = 0; index < 105; index += 1) await rows.message('2026-11-01T01:00:00Z');
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const path: string = `/v1/companies/${many}/messages${cursor && `?cursor=${cursor}`}`;
      const body: { messages: { id: string }[]; next: string | null } = await (
        await app.call(path, { key: OPERATOR_KEY })
      ).json();
      seen.push(...body.messages.map((one) => one.id));
      cursor = body.next;
    }
    expect(seen).toHaveLength(105);
    expect(new Set(seen).size).toBe(105);
  });
});
