import { readFileSync, writeFileSync } from 'node:fs';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase } from '../harness/database.js';
import { BEHIND_PROXY, Candidate, linkOf, TARO } from '../registration/candidate.js';
import { type Case, CHAPTERS } from './cases.js';

const PAGE = new URL('../../docs/bad-input.md', import.meta.url);

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function line({ call, wrong, status, field, says, key }: Case): string {
  const where = field ? `\`${field}\`: ` : '';
  const who = key && key !== 'none' && key !== 'unknown' ? ` (${key})` : '';
  return `| \`${call}\`${who} | ${cell(wrong)} | ${status} | ${where}${cell(says)} |`;
}

/** docs/bad-input.md as this table says it. */
function pageOf(): string {
  const chapters = Object.entries(CHAPTERS).map(([title, cases]) =>
    [
      `## ${title}`,
      '',
      '| call | what is wrong | status | what is said |',
      '| --- | --- | --- | --- |',
      ...cases.map(line),
    ].join('\n'),
  );
  const head = `# Bad input, and what is answered

Made from test/bad-input/cases.ts, where every row is sent for real. API answers are \`application/problem+json\` (RFC 9457); \`errors\`
names each faulty field. Pages say it beside the field, in the reader's language, with what was typed still there; a link that does not
work always leads on. Nothing of what is refused is stored. CODE and other words in capitals stand for real values.`;
  return `${[head, ...chapters].join('\n\n')}\n`;
}

test('the page says what this table says (CR_WRITE_DOCS=1 writes it)', () => {
  if (process.env.CR_WRITE_DOCS) writeFileSync(PAGE, pageOf());
  expect(readFileSync(PAGE, 'utf8')).toBe(pageOf());
});

describeOnDatabase('bad input', (engine) => {
  let app: TestApp;
  const values = new Map<string, string>();
  const keys: Record<string, string | undefined> = { none: undefined, unknown: 'cr_nobody' };

  beforeAll(async () => {
    app = await startTestApp(engine, BEHIND_PROXY);
    const { id } = await app.company({ name: 'Aoba', slug: 'aoba' });
    keys.agency = await app.apiKey(null, ['agency']);
    keys.company = await app.apiKey(id, ['admin', 'read']);
    values.set('COMPANY', id).set('UNKNOWN', 'zzzzzzzzzz');
    for (const name of ['CODE', 'OTHER', 'REVOKED']) values.set(name, await linkOf(app, id));
    await app.db.query('UPDATE links SET revoked_at = now() WHERE code = $1', [values.get('REVOKED')]);
    await preparePages();
    await prepareLedger(id);
  }, 120_000);
  afterAll(() => app.close());

  const call = async (path: string, body: unknown) => {
    const answer = await app.call(path, { key: OPERATOR_KEY, body });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return (await answer.json()) as { id: string };
  };

  async function preparePages(): Promise<void> {
    const candidate = new Candidate(app);
    const join = `/join/${values.get('CODE')}`;
    const old = { ...TARO, email: 'old@example.jp' };
    await candidate.post(join, old);
    values.set('EXPIRED', (await candidate.mailedPaths(old.email))[0]!.slice('/verify/'.length));
    app.clock.advance(30 * 86_400_000);
    const used = { ...TARO, email: 'used@example.jp' };
    await candidate.register(join, used);
    values.set('USED', (await candidate.mailedPaths(used.email))[0]!.slice('/verify/'.length));
    await candidate.post('/my-data', { email: used.email });
    values.set('MINE', (await candidate.mailedPaths(used.email, 'my-data'))[0]!.slice('/my-data/'.length));
  }

  /** One credit left; `used` redeemed one, `cancelled` one that it gave back. */
  async function prepareLedger(id: string): Promise<void> {
    const known = { externalId: 'known', code: values.get('CODE'), status: 'verified' };
    await call('/v1/registrations', { ...known, candidate: { email: 'known@example.jp' } });
    const other = await app.apiKey(null, ['operator']);
    const { id: gift } = await call(`/v1/companies/${id}/adjustments`, { credits: 2, reason: 'goodwill' });
    const approved = await app.call(`/v1/adjustments/${gift}/approval`, { key: other, body: {} });
    expect(approved.status).toBe(200);
    for (const reference of ['used', 'cancelled']) {
      await call(`/v1/companies/${id}/redemptions`, { quantity: 1, reference });
    }
    await call(`/v1/companies/${id}/redemptions/cancelled/cancellation`, { reason: 'fell through' });
    const path = `/v1/companies/${id}/adjustments`;
    values.set('OWN', (await call(path, { progress: 1, reason: 'mine' })).id);
    const theirs = await app.call(path, { key: other, body: { progress: 1, reason: 'theirs' } });
    values.set('CLOSED', ((await theirs.json()) as { id: string }).id);
    await call(`/v1/adjustments/${values.get('CLOSED')}/rejection`, {});
  }

  const filled = (text: string) => text.replace(/\b[A-Z]{3,}\b/g, (name) => values.get(name) ?? name);

  async function send({ call: named, body, type = 'application/json', key }: Case): Promise<Response> {
    const [method, path] = filled(named).replace('POST ', 'POST\n').replace('GET ', 'GET\n').split('\n');
    const bearer = key === undefined ? OPERATOR_KEY : keys[key];
    const api = path!.startsWith('/v1/');
    return fetch(`${app.baseUrl}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        'accept-language': 'ja',
        ...(body === undefined ? {} : { 'content-type': type }),
        ...(api && bearer ? { authorization: `Bearer ${bearer}` } : {}),
      },
      body: body === undefined ? undefined : filled(typeof body === 'string' ? body : JSON.stringify(body)),
    });
  }

  async function counts(): Promise<unknown> {
    const tables = ['registrations', 'ledger_entries', 'adjustments', 'reconciliations', 'consents'];
    const sums = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`);
    return (await app.db.query(`SELECT ${sums.join(', ')}`))[0];
  }

  describe.each(Object.entries(CHAPTERS))('%s', (_title, cases) => {
    test.each(cases.map((one) => [one.call, one.wrong, one] as const))(
      '%s: %s',
      async (_call, _wrong, one) => {
        const before = await counts();
        const answer = await send(one);
        const text = await answer.text();
        expect([answer.status, text]).toEqual([one.status, expect.stringContaining(one.says)]);
        const type = answer.headers.get('content-type');
        if (answer.status >= 400) {
          expect(type).toMatch(one.call.includes('/v1/') ? 'application/problem+json' : 'text/html');
          expect(await counts()).toEqual(before);
        }
        if (answer.status === 400 && one.field !== undefined) {
          const { errors } = JSON.parse(text) as { errors: { field: string }[] };
          expect(errors.map((fault) => fault.field)).toContain(one.field);
        }
        expect(text).not.toMatch(/\bat .*\.(ts|js):\d+/);
      },
    );
  });
});
