import { codeAt, matchingStep, stepOf } from '../../src/company/one-time-code.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { signIn, tokenFor } from '../harness/member.js';

/** RFC 6238, appendix B: the secret of SHA-1, and codes of eight digits. */
const RFC_SECRET = Buffer.from('12345678901234567890');
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

describe('one-time codes', () => {
  test.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('at %i s as RFC 6238 says', (seconds, code) => {
    expect(codeAt(RFC_SECRET, stepOf(new Date(seconds * 1_000)), 8)).toBe(code);
  });

  test('a code is good a step early and late, once, and no longer', () => {
    const now = new Date('2026-11-22T01:00:00Z');
    const step = stepOf(now);
    for (const near of [-1, 0, 1]) {
      expect(matchingStep(RFC_SECRET, codeAt(RFC_SECRET, step + near), now, null)).toBe(step + near);
    }
    for (const far of [-2, 2]) {
      expect(matchingStep(RFC_SECRET, codeAt(RFC_SECRET, step + far), now, null)).toBeUndefined();
    }
    expect(matchingStep(RFC_SECRET, codeAt(RFC_SECRET, step), now, step)).toBeUndefined();
  });
});

describe('one’s own sign-in', () => {
  let app: TestApp;
  let companyId: string;
  beforeAll(async () => {
    app = await startTestApp('pglite');
    companyId = (await app.company({ name: '青葉', slug: 'aoba' })).id;
  });
  afterAll(() => app.close());

  async function page(path: string, cookie: string): Promise<string> {
    return (await app.call(path, { headers: { cookie } })).text();
  }

  async function post(path: string, cookie: string, form: Record<string, string> = {}) {
    const csrf = /name="csrf" value="([^"]+)"/.exec(await page('/account', cookie))?.[1] ?? '';
    return fetch(`${app.baseUrl}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie },
      body: new URLSearchParams({ csrf, ...form }),
    });
  }

  const isIn = async (cookie: string) => (await app.call('/account', { headers: { cookie } })).status === 200;

  test('lists one’s sessions with device and last use; one, or all others, can be ended', async () => {
    const wanted = { companyId, email: 'rec@aoba.example', role: 'viewer' } as const;
    const cookies: string[] = [];
    for (const agent of [CHROME, 'curl/8', CHROME, CHROME]) {
      cookies.push((await signIn(app, wanted, { 'user-agent': agent })).cookie);
      app.clock.advance(120_000);
    }
    const stranger = await signIn(app, { ...wanted, email: 'other@aoba.example' });
    const [here = '', second = '', third = '', fourth = ''] = cookies;
    const shown = await page('/account?lang=en', here);
    expect(shown.match(/Chrome · Windows/g)).toHaveLength(3);
    expect(shown).toMatch('Unknown device');
    expect(shown).not.toMatch('other@aoba.example');
    const [kept] = await app.db.query<{ at: Date }>(
      'SELECT last_used_at AS at FROM sessions ORDER BY created_at LIMIT 1',
    );
    expect(kept!.at).toEqual(app.clock.now());

    const names = [...shown.matchAll(/name="session" value="([^"]+)"/g)].map(([, name]) => name!);
    expect(names).toHaveLength(3);
    expect((await post('/account/sessions/end', here, { session: names[2]! })).headers.get('location')).toBe(
      '/account?ended=1',
    );
    expect(await isIn(second)).toBe(false);
    const theirs = Buffer.from(
      (
        await app.db.query<{ h: Buffer }>('SELECT token_hash AS h FROM sessions WHERE member_id = $1', [
          stranger.memberId,
        ])
      )[0]!.h,
    );
    await post('/account/sessions/end', here, { session: theirs.toString('base64url') });
    expect(await isIn(stranger.cookie)).toBe(true);
    expect(await isIn(third)).toBe(true);
    await post('/account/sessions/end-others', here);
    expect([await isIn(here), await isIn(third), await isIn(fourth)]).toEqual([true, false, false]);
    expect(await isIn(stranger.cookie)).toBe(true);
  });

  describe('an operator’s second factor', () => {
    let cookie: string;
    let memberId: string;
    let secret: Buffer;
    let recovery: string[];
    const code = () => codeAt(secret, stepOf(app.clock.now()));

    beforeAll(async () => {
      ({ cookie, memberId } = await signIn(app, {
        companyId: null,
        email: 'ops@relay.example',
        role: 'operator',
      }));
    });

    /** Proves the mailbox. @returns the cookie of who still owes a code */
    async function half(): Promise<string> {
      const token = await tokenFor(app, memberId);
      const answer = await fetch(`${app.baseUrl}/sign-in/${token}`, { method: 'POST', redirect: 'manual' });
      expect(answer.headers.get('location')).toBe('/sign-in/code');
      const set = answer.headers.getSetCookie();
      expect(set.some((one) => one.startsWith('cr_session'))).toBe(false);
      return set.find((one) => one.startsWith('cr_half='))!.split(';')[0]!;
    }

    const type = (typed: string, held: string) =>
      fetch(`${app.baseUrl}/sign-in/code`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: held },
        body: new URLSearchParams({ code: typed }),
      });

    test('is shown as QR code and text, kept encrypted, and in force once a code of it was typed', async () => {
      expect((await post('/account/second-factor', cookie)).status).toBe(303);
      const shown = await page('/account/second-factor', cookie);
      expect(shown).toMatch('src="data:image/svg+xml;base64,');
      const key = /<code>([A-Z2-7 ]+)<\/code>/.exec(shown)![1]!.replaceAll(' ', '');
      const bits = [...key].map((letter) =>
        'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
      );
      secret = Buffer.from(
        bits
          .join('')
          .match(/.{8}/g)!
          .map((octet) => Number.parseInt(octet, 2)),
      );
      expect(secret).toHaveLength(20);
      const [row] = await app.db.query<{ sealed: Buffer }>('SELECT sealed FROM totp');
      expect(row!.sealed.includes(secret)).toBe(false);

      expect((await post('/account/second-factor/confirmation', cookie, { code: '000000' })).status).toBe(
        422,
      );
      const before = await signIn(app, { companyId: null, email: 'ops@relay.example', role: 'operator' });
      expect(await isIn(before.cookie)).toBe(true);
      const done = await post('/account/second-factor/confirmation', cookie, { code: code() });
      recovery = [...(await done.text()).matchAll(/<code>([A-Z2-7-]+)<\/code>/g)].map(([, one]) => one!);
      expect(recovery).toHaveLength(10);
      const hashes = await app.db.query<{ h: Buffer }>('SELECT code_hash AS h FROM recovery_codes');
      expect(hashes).toHaveLength(10);
      expect(await page('/account/second-factor', cookie)).not.toMatch(key.slice(0, 4));
    });

    test('is asked for after the mailed link; a code is taken once', async () => {
      const first = await half();
      expect((await type(code(), first)).status).toBe(422);
      app.clock.advance(30_000);
      const now = code();
      const good = await type(now, first);
      expect(good.headers.get('location')).toBe('/operator');
      const session = good.headers
        .getSetCookie()
        .find((one) => one.startsWith('cr_session='))!
        .split(';')[0]!;
      expect(await isIn(session)).toBe(true);
      expect((await type(now, first)).headers.get('location')).toBe('/sign-in');
      const second = await half();
      expect((await type(now, second)).status).toBe(422);
      expect(await isIn(second)).toBe(false);
    });

    test('a recovery code works once', async () => {
      const typed = recovery[0]!.toLowerCase();
      expect((await type(typed, await half())).headers.get('location')).toBe('/operator');
      expect((await type(typed, await half())).status).toBe(422);
    });

    test('is not gone round by way of a company of the same address', async () => {
      const both = await signIn(app, { companyId, email: 'ops@relay.example', role: 'viewer' });
      const moved = await post('/companies', both.cookie, { member: memberId });
      expect(moved.headers.get('location')).toBe('/sign-in/code');
      expect(await isIn(both.cookie)).toBe(false);
      await app.db.query('UPDATE members SET removed_at = $2 WHERE id = $1', [
        both.memberId,
        app.clock.now(),
      ]);
    });

    test('after five wrong codes none is looked at for a quarter of an hour, from any browser', async () => {
      app.clock.advance(900_000);
      const held = await half();
      for (let at = 0; at < 5; at += 1) expect((await type('000000', held)).status).toBe(422);
      expect((await type(code(), await half())).status).toBe(429);
      app.clock.advance(900_000);
      expect((await type(code(), await half())).headers.get('location')).toBe('/operator');
    });

    test('the half-done sign-in ends after ten minutes', async () => {
      const held = await half();
      app.clock.advance(600_000);
      expect((await type(code(), held)).headers.get('location')).toBe('/sign-in');
    });

    test('new recovery codes, and doing without, take a code', async () => {
      expect((await post('/account/second-factor/removal', cookie, { code: '123456' })).status).toBe(422);
      app.clock.advance(30_000);
      const fresh = await post('/account/second-factor/codes', cookie, { code: code() });
      expect(fresh.status).toBe(200);
      expect(await fresh.text()).not.toMatch(recovery[5]!);
      expect((await post('/account/second-factor/removal', cookie, { code: recovery[5]! })).status).toBe(422);
      app.clock.advance(30_000);
      expect((await post('/account/second-factor/removal', cookie, { code: code() })).status).toBe(303);
      expect(await app.db.query('SELECT 1 FROM totp')).toEqual([]);
    });
  });
});
