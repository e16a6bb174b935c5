import { insertCredential } from '../../src/company/credentials.js';
import type { Db } from '../../src/db/db.js';
import { createSenderLookup } from '../../src/relay/sender-lookup.js';
import { createSignIn } from '../../src/relay/sign-in.js';
import { startTestApp, type TestApp } from '../harness/app.js';

describe('who may send, while the store does not answer', () => {
  let app: TestApp;
  let hangs = false;
  let db: Db;
  let credential: { username: string; password: string };
  beforeAll(async () => {
    app = await startTestApp('pglite', { env: { SMTP_NETWORKS: '127.0.0.1=relay-listed' } });
    const { id: companyId } = await app.company({ name: 'Example', policy: 'explicit' });
    credential = await app.smtpCredential(companyId);
    const wanted = { companyId, kind: 'smtp', scopes: [] } as const;
    await insertCredential(app.db, app.deps.newId(), wanted, 'relay-listed', 'no password', app.clock.now());
    db = {
      ...app.db,
      query: (...question) => (hangs ? new Promise(() => {}) : app.db.query(...question)),
    };
  });
  beforeEach(() => {
    hangs = false;
  });
  afterAll(() => app.close());

  test('AUTH: who signed in before may go on for an hour, with the same password only', async () => {
    const limits = { perAddress: 30, perUser: 10, deadline: 200 };
    const patient = { ...limits, deadline: 60_000 };
    const { username, password } = credential;
    let deadline = patient;
    const signIn = createSignIn(
      { ...app.deps, db },
      {
        ...limits,
        get deadline() {
          return deadline.deadline;
        },
      },
    );
    expect(await signIn(username, password, '192.0.2.1')).toMatchObject({ kind: 'accepted' });
    hangs = true;
    deadline = limits;
    expect(await signIn(username, password, '192.0.2.1')).toMatchObject({ kind: 'accepted' });
    expect(await signIn(username, 'wrong', '192.0.2.1')).toEqual({ kind: 'unavailable' });
    expect(await signIn('relay-somebody', password, '192.0.2.1')).toEqual({ kind: 'unavailable' });
    app.clock.advance(3_600_000);
    expect(await signIn(username, password, '192.0.2.1')).toEqual({ kind: 'unavailable' });
  });
  test('a listed network that was never seen waits; one that was goes on for an hour', async () => {
    const senders = createSenderLookup({ ...app.deps, db }, 1_000);
    hangs = true;
    expect(await senders.byAddress('127.0.0.1')).toEqual({ kind: 'unavailable' });
    expect(await senders.byAddress('192.0.2.1')).toEqual({ kind: 'stranger' });
    hangs = false;
    expect(await senders.byAddress('127.0.0.1')).toMatchObject({ kind: 'accepted' });
    hangs = true;
    app.clock.advance(10_000);
    expect(await senders.byAddress('127.0.0.1')).toMatchObject({ kind: 'accepted' });
    app.clock.advance(3_600_000);
    expect(await senders.byAddress('127.0.0.1')).toEqual({ kind: 'unavailable' });
  });
});
