import type { Queryable } from '../../src/db/db.js';
import { createProfiles } from '../../src/relay/profile.js';
import { startTestApp, type TestApp } from '../harness/app.js';

describe('what the hook knows of a company', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp('pglite');
  });
  afterAll(() => app.close());

  function watched() {
    let asked = 0;
    const query: Queryable['query'] = (...question) => {
      asked += 1;
      return app.db.query(...question);
    };
    return { db: { ...app.db, query }, asked: () => asked };
  }

  test('is asked for once by all that ask together, and again when it is a second old', async () => {
    const { id } = await app.company({ name: 'Example', policy: 'auto' });
    const { db, asked } = watched();
    let time = 0;
    const profileOf = createProfiles(
      { db },
      () => 60_000,
      1_000,
      () => time,
    );
    const together = await Promise.all([profileOf(id), profileOf(id), profileOf(id)]);
    expect(together.map((profile) => profile?.company.policy)).toEqual(['auto', 'auto', 'auto']);
    expect(asked()).toBe(4);
    await app.db.query(`UPDATE companies SET policy = 'shadow' WHERE id = $1`, [id]);
    time = 999;
    expect((await profileOf(id))?.company.policy).toBe('auto');
    expect(asked()).toBe(4);
    time = 1_000;
    expect((await profileOf(id))?.company.policy).toBe('shadow');
    expect(asked()).toBe(8);
  });
  test('a company that is not there is asked for every time', async () => {
    const { db, asked } = watched();
    const profileOf = createProfiles({ db }, () => 60_000);
    const nobody = app.deps.newId();
    expect(await profileOf(nobody)).toBeUndefined();
    expect(await profileOf(nobody)).toBeUndefined();
    expect(asked()).toBe(8);
  });
});
