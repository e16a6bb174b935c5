import { listAudit, recordAudit } from '../../src/company/audit.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';

describe('audit log', () => {
  let app: TestApp;
  let id: string;
  let key: string;
  const newest = async () => (await listAudit(app.db, { companyId: id, limit: 1 }))[0];
  beforeAll(async () => {
    app = await startTestApp('pglite');
    id = (await app.company({ name: 'Aoba Works', slug: 'aoba' })).id;
    key = await app.apiKey(id, ['admin', 'links']);
  });
  afterAll(() => app.close());

  test.each([
    ['PATCH', '', { policy: 'shadow' }, 'company.changed', { policy: 'shadow', policyBefore: 'auto' }],
    ['POST', '/credentials', { kind: 'smtp', label: 'Postfix' }, 'credential.issued', { kind: 'smtp' }],
  ])('%s /v1/companies/{id}%s %j writes %s', async (method, path, body, action, details) => {
    app.clock.advance(1);
    const answer = await app.call(`/v1/companies/${id}${path}`, { key, method, body });
    expect(answer.ok).toBe(true);
    const row = await newest();
    expect(row).toMatchObject({ companyId: id, actorKind: 'key', actorIsOperator: false, action });
    expect(row!.details).toMatchObject(details);
  });

  test('what changes nothing writes nothing', async () => {
    const before = await newest();
    await app.call(`/v1/companies/${id}`, { key, method: 'PATCH', body: { policy: 'shadow' } });
    expect(await newest()).toEqual(before);
  });

  test("an operator's acts are told as his, with the name of what they were done to", async () => {
    app.clock.advance(1);
    const made = await app.call(`/v1/companies/${id}/credentials`, {
      key: OPERATOR_KEY,
      body: { kind: 'api', label: 'ATS' },
    });
    const { id: credential } = (await made.json()) as { id: string };
    expect(await newest()).toMatchObject({
      actor: 'operator-key',
      actorIsOperator: true,
      subject: credential,
      subjectName: 'ATS',
    });
  });

  test('a row goes with the change that it tells of, and stays as it is', async () => {
    const before = await newest();
    const rolledBack = app.db.transaction(async (tx) => {
      const actor = { kind: 'system', id: 'test' } as const;
      await recordAudit(app.deps, tx, { companyId: id, actor, action: 'program.changed' });
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect(await newest()).toEqual(before);
    await expect(app.db.query('DELETE FROM audit_log')).rejects.toThrow(/append-only/);
    await expect(app.db.query("UPDATE audit_log SET action = 'x'")).rejects.toThrow(/append-only/);
  });

  test('pages lead backwards, and a noun picks', async () => {
    const all = await listAudit(app.db, { companyId: id, limit: 10 });
    const [first, second] = all;
    expect(await listAudit(app.db, { companyId: id, before: first!.id, limit: 1 })).toEqual([second]);
    const credentials = await listAudit(app.db, { companyId: id, noun: 'credential', limit: 10 });
    expect(credentials.map((row) => row.action)).toEqual(['credential.issued', 'credential.issued']);
  });
});
