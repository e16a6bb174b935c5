import { once } from 'node:events';
import { connect } from 'node:net';
import { type Limiters, ownLimiters } from '../../src/limiter.js';
import { createWebServer } from '../../src/web/server.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';

const LIMITS = {
  maxHeaderSize: 4_096,
  headersTimeout: 150,
  requestTimeout: 300,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 30,
};
/** Every limit is three. */
const few: Limiters = {
  exact: (limit) => ownLimiters.exact({ ...limit, points: 3 }),
  prompt: (limit) => ownLimiters.prompt({ ...limit, points: 3 }),
};

describe('what a client may ask of the web server', () => {
  let app: TestApp;
  let server: ReturnType<typeof createWebServer>;
  let port: number;
  beforeAll(async () => {
    app = await startTestApp('pglite');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    const nothing = { front: [], raw: [], pages: [], streamed: [], api: [] };
    const status = { notReady: async () => [], metrics: async () => '' };
    const parts = {
      ...nothing,
      status,
      signed: (_request: unknown, _response: unknown, next: () => void) => next(),
    };
    server = createWebServer({ ...app.deps, limiters: few }, parts, LIMITS);
    port = await server.listen(0);
  });
  afterEach(() => server.close());

  /** Sends bytes and no more. @returns all that comes back until the server hangs up */
  async function held(bytes: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.write(bytes, 'latin1');
    await once(socket, 'close', { signal: AbortSignal.timeout(4_000) });
    return answer;
  }
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close', ...headers } });
  const statusesOf = async (times: number, ask: () => Promise<Response>) => {
    const statuses: number[] = [];
    for (let time = 0; time < times; time += 1) statuses.push((await ask()).status);
    return statuses;
  };

  test('headers that never end are 408 and the end', async () => {
    expect(await held('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toMatch(/^HTTP\/1\.1 408 /);
  });
  test('a body that never ends is 408 and the end', async () => {
    expect(
      await held(
        'POST /join HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nname=',
      ),
    ).toMatch(/^HTTP\/1\.1 408 /);
  });
  test('headers that are too large are 431 and the end', async () => {
    expect(await held(`GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(5_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });
  test('what is no HTTP is 400 and the end', async () => {
    expect(await held('\x16\x03\x01 what is this\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });
  test('a network that asks too often is told when to come back', async () => {
    expect(await statusesOf(4, () => get('/nowhere'))).toEqual([404, 404, 404, 429]);
    const refused = await get('/nowhere');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await refused.json()).code).toBe('too_many_requests');
  });
  test('forms are counted apart from pages; health is not counted', async () => {
    const post = () => fetch(`http://127.0.0.1:${port}/nowhere`, { method: 'POST' });
    expect(await statusesOf(4, () => get('/nowhere'))).toEqual([404, 404, 404, 429]);
    expect(await statusesOf(4, post)).toEqual([404, 404, 404, 429]);
    expect(await statusesOf(5, () => get('/healthz'))).toEqual([200, 200, 200, 200, 200]);
  });
  test('a key calls so often and no more', async () => {
    const call = () => get('/v1/nowhere', { authorization: `Bearer ${OPERATOR_KEY}` });
    expect(await statusesOf(4, call)).toEqual([404, 404, 404, 429]);
  });
  test('a network with many wrong keys is not looked up any more, whatever key comes next', async () => {
    expect(await statusesOf(4, () => get('/v1/nowhere', { authorization: 'Bearer wrong' }))).toEqual([
      401, 401, 401, 429,
    ]);
    expect((await get('/v1/nowhere', { authorization: `Bearer ${OPERATOR_KEY}` })).status).toBe(429);
  });
});
