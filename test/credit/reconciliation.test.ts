import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { linkOf } from '../registration/candidate.js';
import { Books } from './books.js';

describeEachDatabase("reconciliation with the agency's list", (engine) => {
  let app: TestApp;
  let agency: string;
  beforeAll(async () => {
    app = await startTestApp(engine, { start: '2026-10-31T15:00:00.000Z' });
    agency = await app.apiKey(null, ['agency']);
    const books = await Books.open(app);
    for (const [externalId, status] of [
      ['same', 'verified'],
      ['other', 'accepted'],
      ['ours', 'verified'],
      ['not-counted', 'rejected'],
    ]) {
      const body = { externalId, status, code: await linkOf(app, books.id) };
      expect((await app.call('/v1/registrations', { key: agency, body })).status).toBe(201);
    }
  });
  afterAll(() => app.close());

  const list = [
    { externalId: 'same', status: 'verified', month: '2026-11' },
    { externalId: 'other', status: 'verified', month: '2026-11' },
    { externalId: 'theirs', status: 'accepted', month: '2026-11' },
  ];
  const send = (body: unknown, key = agency) => app.call('/v1/reconciliations', { key, body });
  const sendTable = (table: string) =>
    fetch(`${app.baseUrl}/v1/reconciliations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${agency}`, 'content-type': 'text/csv; charset=utf-8' },
      body: table,
    });

  const found = {
    months: ['2026-11'],
    listed: 3,
    matched: 1,
    missingHere: [list[2]],
    missingThere: [expect.objectContaining({ externalId: 'ours', month: '2026-11' })],
    differing: [
      expect.objectContaining({ externalId: 'other', status: 'accepted', listedStatus: 'verified' }),
    ],
  };

  test('matched, missing on each side, and of another status', async () => {
    const answer = await send({ list });
    expect(answer.status).toBe(201);
    const reconciliation = await answer.json();
    expect(reconciliation).toMatchObject(found);
    const kept = await app.call(`/v1/reconciliations/${reconciliation.id}`, { key: OPERATOR_KEY });
    expect(await kept.json()).toEqual(reconciliation);
    const { reconciliations } = await (await app.call('/v1/reconciliations', { key: agency })).json();
    expect(reconciliations).toContainEqual(
      expect.objectContaining({ id: reconciliation.id, matched: 1, unmatched: 3 }),
    );
  });

  test('the same as a table, with its columns in any order', async () => {
    const rows = list.map(({ externalId, status, month }) => `${month},"${externalId}",${status}`);
    const answer = await sendTable(`\uFEFFmonth,externalId,status\r\n${rows.join('\r\n')}\r\n`);
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject(found);
  });

  test('another month finds nothing of this one missing', async () => {
    const answer = await send({ list: [{ externalId: 'same', status: 'verified', month: '2026-10' }] });
    expect(await answer.json()).toMatchObject({ matched: 1, missingThere: [] });
  });

  test.each([
    ['a table without its columns', 'externalId,status\nx,verified'],
    ['a table that does not end', 'externalId,status,month\n"x'],
    ['a status that is none', 'externalId,status,month\nx,maybe,2026-11'],
    ['an id listed twice', 'externalId,status,month\nx,verified,2026-11\nx,verified,2026-11'],
    ['an empty table', ''],
  ])('%s is refused', async (_name, table) => {
    expect((await sendTable(table)).status).toBe(400);
  });

  test('a company compares nothing', async () => {
    const key = await app.apiKey((await Books.open(app)).id, ['admin']);
    expect((await send({ list }, key)).status).toBe(403);
    expect((await app.call('/v1/reconciliations', { key })).status).toBe(403);
  });
});
