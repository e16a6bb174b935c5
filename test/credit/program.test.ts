import { rulesInForce } from '../../src/credit/program.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';

describeEachDatabase('program rules', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());

  async function addCommon(threshold: number, at: Date): Promise<void> {
    await app.db.query(`INSERT INTO program_rules VALUES ($1, NULL, $2, $3, 'accepted', 90, 30)`, [
      app.deps.newId(),
      at,
      threshold,
    ]);
  }

  test('the first schema puts ten verified referrals, 180 and 365 days', async () => {
    expect(await rulesInForce(app.db, null, app.clock.now())).toMatchObject({
      threshold: 10,
      countEvent: 'verified',
      attributionWindowDays: 180,
      personWindowDays: 365,
    });
  });

  test("a company's own come before newer common ones, for this company alone", async () => {
    const [own, other] = [await Books.open(app), await Books.open(app)];
    await own.setThreshold(7);
    app.clock.advance(1_000);
    await addCommon(12, app.clock.now());
    expect(await rulesInForce(app.db, own.id, app.clock.now())).toMatchObject({ threshold: 7 });
    for (const id of [other.id, null]) {
      expect(await rulesInForce(app.db, id, app.clock.now())).toMatchObject({
        threshold: 12,
        countEvent: 'accepted',
        attributionWindowDays: 90,
        personWindowDays: 30,
      });
    }
  });

  test('rules hold from their time on, to the millisecond', async () => {
    const books = await Books.open(app);
    const before = await rulesInForce(app.db, books.id, app.clock.now());
    const at = new Date(app.clock.now().getTime() + 60_000);
    await addCommon(15, at);
    expect(await rulesInForce(app.db, books.id, new Date(at.getTime() - 1))).toEqual(before);
    expect(await rulesInForce(app.db, books.id, at)).toMatchObject({ threshold: 15 });
  });

  test('no rules in force is a fault', async () => {
    await expect(rulesInForce(app.db, null, new Date('1969-12-31T00:00:00Z'))).rejects.toThrow(
      'no program rules',
    );
  });
});
