import type { Company } from '../../src/company/store.js';
import { closeAbandoned, createHousekeeping, eraseOldAddresses } from '../../src/relay/housekeeping.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
let made = 0;

describeEachDatabase('looking after the journal', (engine) => {
  let app: TestApp;
  let company: Company;
  beforeAll(async () => {
    app = await startTestApp(engine, { env: { RETENTION_MESSAGE_DAYS: '30' } });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    company = await app.company({ name: 'Example', slug: `example-${++made}` });
  });

  async function message(outcome: string, company_ = company): Promise<string> {
    const id = app.deps.newId();
    const now = app.clock.now();
    await app.db.query(
      `INSERT INTO messages (id, company_id, received_at, fingerprint, envelope_from, recipients, size, verdict, cues,
         rules_version, action, ranges, upstream, outcome, upstream_reply, finished_at)
       VALUES ($1, $2, $3, '', 'hr@example.jp', '{taro@example.com}', 1000, 'rejection', '[]', 1, 'inserted',
         '[{"at": 5, "length": 70, "removed": 20}]', 'mail.example.jp:25', $4, '250 taro@example.com ok', $5)`,
      [id, company_.id, now, outcome, outcome === 'forwarding' ? null : now],
    );
    return id;
  }
  async function outcomeOf(id: string): Promise<string> {
    return (await app.db.query<{ outcome: string }>('SELECT outcome FROM messages WHERE id = $1', [id]))[0]!
      .outcome;
  }
  async function ambiguous(path: string, key = OPERATOR_KEY) {
    const answer = await app.call(path, { key });
    const { deliveries = [], next } = (await answer.json()) as {
      deliveries?: Record<string, unknown>[];
      next?: string | null;
    };
    return { status: answer.status, deliveries, next };
  }

  describe('what a dead process was forwarding', () => {
    test('is ambiguous after a quarter of an hour, not before', async () => {
      const id = await message('forwarding');
      app.clock.advance(15 * MINUTE - 1);
      expect(await closeAbandoned(app.deps)).toBe(0);
      expect(await outcomeOf(id)).toBe('forwarding');
      app.clock.advance(1);
      expect(await closeAbandoned(app.deps)).toBe(1);
      expect(await outcomeOf(id)).toBe('ambiguous');
    });

    test('is ambiguous at once at the start of the only process', async () => {
      const id = await message('forwarding');
      expect(await closeAbandoned(app.deps, true)).toBe(1);
      expect(await outcomeOf(id)).toBe('ambiguous');
    });

    test('is counted, and what is closed is left alone', async () => {
      const delivered = await message('delivered');
      await message('forwarding');
      const metric = async () =>
        Number(/ambiguous_deliveries_total (\d+)/.exec(await (await app.call('/metrics')).text())![1]);
      const before = await metric();
      await closeAbandoned(app.deps, true);
      expect(await metric()).toBe(before + 1);
      expect(await outcomeOf(delivered)).toBe('delivered');
    });
  });

  describe('ambiguous deliveries over the API', () => {
    test('a company finds what it needs to search its own log', async () => {
      const id = await message('ambiguous');
      await message('delivered');
      const key = await app.apiKey(company.id, ['read']);
      const { deliveries, next } = await ambiguous(`/v1/companies/${company.id}/deliveries/ambiguous`, key);
      expect(next).toBeNull();
      expect(deliveries).toEqual([
        expect.objectContaining({
          id,
          upstream: 'mail.example.jp:25',
          size: 1000,
          inserted: 50,
          envelopeFrom: 'hr@example.jp',
          recipients: ['taro@example.com'],
          receivedAt: app.clock.now().toISOString(),
        }),
      ]);
    });

    test('the operator sees all companies, without addresses', async () => {
      const id = await message('ambiguous');
      const { deliveries } = await ambiguous('/v1/deliveries/ambiguous');
      const one = deliveries.find((delivery) => delivery.id === id);
      expect(one).toMatchObject({ companyId: company.id, recipients: 1 });
      expect(JSON.stringify(one)).not.toContain('@');
    });

    test('another company, and a company asking for all, are refused', async () => {
      const other = await app.company({ name: 'Other', slug: `other-${++made}` });
      const key = await app.apiKey(other.id, ['read']);
      expect((await ambiguous(`/v1/companies/${company.id}/deliveries/ambiguous`, key)).status).toBe(403);
      expect((await ambiguous('/v1/deliveries/ambiguous', key)).status).toBe(403);
    });

    test('since leaves out what is older; without it 30 days are shown', async () => {
      await message('ambiguous');
      app.clock.advance(31 * DAY);
      const later = await message('ambiguous');
      const path = `/v1/companies/${company.id}/deliveries/ambiguous`;
      expect((await ambiguous(path)).deliveries.map(({ id }) => id)).toEqual([later]);
      const all = await ambiguous(`${path}?since=2026-01-01T00:00:00%2B09:00`);
      expect(all.deliveries).toHaveLength(2);
      expect((await ambiguous(`${path}?since=yesterday`)).status).toBe(400);
    });

    test('pages follow each other without a gap', async () => {
      const ids: string[] = [];
      for (let count = 0; count < 205; count += 1) ids.push(await message('ambiguous'));
      const path = `/v1/companies/${company.id}/deliveries/ambiguous`;
      const first = await ambiguous(path);
      const second = await ambiguous(`${path}?cursor=${first.next}`);
      expect(second.next).toBeNull();
      const seen = [...first.deliveries, ...second.deliveries].map(({ id }) => id);
      expect(seen).toEqual([...ids].sort());
    });
  });

  describe('retention', () => {
    async function link(code: string): Promise<void> {
      await app.db.query(
        `INSERT INTO links (code, company_id, kind, origin, recipient, job, created_at)
         VALUES ($1, $2, 'candidate', 'smtp', 'taro@example.com', 'J1', $3)`,
        [code, company.id, app.clock.now()],
      );
    }
    const rowOf = async (id: string) =>
      (await app.db.query('SELECT * FROM messages WHERE id = $1', [id]))[0]!;

    test('counts stay when addresses go', async () => {
      for (const outcome of ['delivered', 'delivered', 'refused']) await message(outcome);
      app.clock.advance(30 * DAY + 1);
      const counts = async () => {
        const from = '2026-01-01';
        const path = `/v1/companies/${company.id}/stats?from=${from}&to=2099-12-31&by=day`;
        return (await (await app.call(path, { key: OPERATOR_KEY })).json()) as Record<string, unknown>;
      };
      const before = await counts();
      expect(before).toMatchObject({ mails: { relayed: 2, rejections: 2, inserted: 2 } });
      expect((await eraseOldAddresses(app.deps)).messages).toBeGreaterThanOrEqual(3);
      expect(await counts()).toEqual(before);
      const left = await app.db.query(
        "SELECT 1 FROM messages WHERE company_id = $1 AND (envelope_from <> '' OR recipients <> '{}')",
        [company.id],
      );
      expect(left).toEqual([]);
    });

    test('addresses go after the configured days, everything else stays', async () => {
      await eraseOldAddresses(app.deps);
      const old = await message('delivered');
      await link(`bbbbbbbbb${made % 8}`.replace('0', '9').replace('1', '8'));
      app.clock.advance(30 * DAY);
      const young = await message('delivered');
      expect(await eraseOldAddresses(app.deps)).toMatchObject({ messages: 0, links: 0 });
      app.clock.advance(1);
      const erased = await eraseOldAddresses(app.deps);
      expect(erased.messages).toBeGreaterThanOrEqual(1);
      expect(erased.links).toBe(1);
      expect(await rowOf(old)).toMatchObject({
        envelope_from: '',
        recipients: [],
        upstream_reply: null,
        erased_at: app.clock.now(),
        verdict: 'rejection',
        outcome: 'delivered',
      });
      expect(await rowOf(young)).toMatchObject({ envelope_from: 'hr@example.jp', erased_at: null });
      const links = await app.db.query(
        'SELECT recipient, job FROM links WHERE company_id = $1 AND job = $2',
        [company.id, 'J1'],
      );
      expect(links).toEqual([{ recipient: null, job: 'J1' }]);
      expect(await eraseOldAddresses(app.deps)).toEqual({ messages: 0, links: 0 });
    });
  });

  test('the worker does it at its start and again at each turn', async () => {
    const turns = new Map<number, () => void>();
    let stopped = 0;
    const housekeeping = createHousekeeping(app.deps, (milliseconds, run) => {
      turns.set(milliseconds, run);
      return () => {
        stopped += 1;
      };
    });
    housekeeping.start();
    expect([...turns.keys()]).toEqual([5 * MINUTE, 60 * MINUTE]);
    const id = await message('forwarding');
    app.clock.advance(16 * MINUTE);
    turns.get(5 * MINUTE)!();
    await housekeeping.stop();
    expect(stopped).toBe(4);
    expect(await outcomeOf(id)).toBe('ambiguous');
  });
});
