import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { Router } from 'express';
import type { Scope } from '../../src/company/credentials.js';
import { keepMember, type NewMember } from '../../src/company/members.js';
import { type DeclaredRoute, declared, forEverybody, passing, routesOf } from '../../src/web/access.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import {
  type Caller,
  callAs,
  faultsOfCookies,
  faultsOfPage,
  fromElsewhere,
  pathOf,
  promised,
  sessionFor,
  verdictOf,
} from './walk.js';

/** A mail as it came, shown in a frame under a policy of its own. */
const FRAMED = ['/dev/outbox/:id/html', '/dashboard/block/mail/:shown'];

let app: TestApp;
let aoba: string;
let callers: Caller[];

beforeAll(async () => {
  app = await startTestApp('pglite', {
    env: { BASE_URL: 'https://relay.example', TRUST_PROXY: 'loopback' },
  });
  aoba = (await app.company({ name: '青葉', slug: 'aoba' })).id;
  const minato = (await app.company({ name: 'みなと', slug: 'minato' })).id;
  callers = [
    { name: 'nobody', kind: 'nobody' },
    await person('viewer', aoba),
    await person('member', aoba),
    await person('admin', aoba),
    await person('admin', minato),
    await person('operator', null),
    ...(await programs(aoba, 'read', 'links', 'mail', 'admin')),
    ...(await programs(minato, 'read', 'links', 'mail', 'admin')),
    ...(await programs(null, 'agency', 'operator')),
    { name: 'the first key', kind: 'program', key: OPERATOR_KEY, scopes: ['operator'], companyId: null },
  ];
});
afterAll(() => app.close());

async function person(role: NewMember['role'], companyId: string | null): Promise<Caller> {
  const name = `${role} of ${companyId === aoba ? 'this company' : (companyId ?? 'the service')}`;
  const wanted = { companyId, role, email: `${role}-${companyId ?? 'ops'}@example.jp` };
  const { member } = await app.db.transaction((tx) => keepMember(app.deps, tx, wanted));
  return { name, kind: 'person', role, memberId: member.id };
}

function programs(companyId: string | null, ...scopes: readonly Scope[]): Promise<Caller[]> {
  return Promise.all(
    scopes.map(async (scope) => ({
      name: `key ${scope} of ${companyId === aoba ? 'this company' : (companyId ?? 'nobody')}`,
      kind: 'program' as const,
      key: await app.apiKey(companyId, [scope]),
      scopes: [scope],
      companyId,
    })),
  );
}

/** Everybody who may make a difference: what knows no keys sees of all of them the same, nothing. */
function callersOf({ access }: DeclaredRoute): Caller[] {
  if (access.kind === 'key') return callers;
  const two = callers
    .filter(({ kind }) => kind === 'program')
    .filter((_, at, all) => at === 3 || at === all.length - 1);
  return [...callers.filter(({ kind }) => kind !== 'program'), ...two];
}

/** Calls a route as everybody. @returns what is not as its declaration says */
async function faultsOf(route: DeclaredRoute, baseUrl = app.baseUrl): Promise<string[]> {
  const faults: string[] = [];
  for (const caller of callersOf(route)) {
    const answer = await callAs(app, baseUrl, route, caller, pathOf(route, aoba));
    const got = verdictOf(answer);
    const wanted = promised(route, caller, aoba);
    if (!wanted.includes(got)) faults.push(`${caller.name}: ${got} (${answer.status}), declared: ${wanted}`);
    if (answer.status >= 500 && answer.status !== 503) faults.push(`${caller.name}: ${answer.status}`);
    faults.push(...faultsOfCookies(answer));
    const isPage =
      answer.headers.get('content-type')?.startsWith('text/html') && !FRAMED.includes(route.path);
    if (isPage) faults.push(...(await faultsOfPage(answer)));
    else await answer.body?.cancel();
    const kept =
      route.access.kind === 'session' && !/private/.test(answer.headers.get('cache-control') ?? '');
    if (kept) faults.push(`${caller.name}: may be stored by others`);
  }
  return faults;
}

describe('every route', () => {
  test('is declared, and lets in whom its declaration names and nobody else', async () => {
    const found: Record<string, string[]> = {};
    for (const route of app.app.routes) {
      const faults = await faultsOf(route);
      if (faults.length > 0) found[`${route.method} ${route.path}`] = faults;
    }
    expect(found).toEqual({});
    expect(app.app.routes.length).toBeGreaterThan(80);
  });

  test('of a company’s key acts for that company, whichever one the caller names', async () => {
    const stranger = callers.find(({ name }) => name.startsWith('key links of') && !name.includes('this'));
    const key = (stranger as Extract<Caller, { kind: 'program' }>).key;
    for (const [path, body] of [
      ['/v1/links', { company: aoba }],
      ['/v1/links/batch', { company: aoba, links: [{}] }],
    ] as const) {
      expect((await app.call(path, { key, body })).status).toBe(403);
    }
    expect((await app.call(`/v1/links/csv?company=${aoba}`, { key, method: 'POST' })).status).toBe(403);
  });

  test('that changes something behind a sign-in asks for the token of its form', async () => {
    const found: string[] = [];
    const changing = app.app.routes.filter(
      ({ method, access }) => method !== 'get' && access.kind === 'session',
    );
    for (const route of changing) {
      const { roles } = route.access as Extract<DeclaredRoute['access'], { kind: 'session' }>;
      const one = callers.find((caller) => caller.kind === 'person' && roles.includes(caller.role));
      const { memberId } = one as Extract<Caller, { kind: 'person' }>;
      const [mine, another] = [await sessionFor(app, memberId), await sessionFor(app, memberId)];
      for (const csrf of [undefined, '', another.csrf]) {
        const answer = await fetch(`${app.baseUrl}${pathOf(route, aoba)}`, {
          method: route.method.toUpperCase(),
          headers: { ...fromElsewhere(), cookie: mine.cookie },
          redirect: 'manual',
          body: new URLSearchParams(csrf === undefined ? {} : { csrf }),
        });
        if (answer.status !== 403) found.push(`${route.path}: ${answer.status}`);
      }
    }
    expect(found).toEqual([]);
    expect(changing.length).toBeGreaterThan(20);
  });

  test('for everybody takes no form from another site', async () => {
    for (const route of app.app.routes) {
      if (route.method !== 'post' || route.access.kind !== 'open') continue;
      const answer = await fetch(`${app.baseUrl}${pathOf(route, aoba)}`, {
        method: 'POST',
        headers: { ...fromElsewhere(), 'sec-fetch-site': 'cross-site' },
        body: new URLSearchParams({ email: 'lured@example.jp' }),
      });
      expect([route.path, answer.status]).toEqual([route.path, 403]);
    }
  });
});

describe('the walk itself', () => {
  const admins = { kind: 'session', roles: ['admin'] } as const;
  const hole = declared(admins, (_request, _response, next) => next());

  test('finds a door that stands open', async () => {
    const wide = express().use(
      Router().get('/dashboard/hole', hole, (_request, response) => void response.send('')),
    );
    const server = createServer(wide).listen(0);
    const { port } = server.address() as AddressInfo;
    const route = { method: 'get', path: '/dashboard/hole', access: admins };
    const faults = await faultsOf(route, `http://127.0.0.1:${port}`);
    server.close();
    expect(faults.join()).toContain('nobody: let in (200), declared: sent to sign in');
    expect(faults.join()).toContain('viewer of this company: let in (200), declared: refused');
  });

  test('finds a route that is narrower, or wider, than it says', async () => {
    const one = app.app.routes.find(
      ({ method, path }) => method === 'get' && path === '/dashboard/settings',
    )!;
    expect(await faultsOf(one)).toEqual([]);
    expect(await faultsOf({ ...one, access: admins })).not.toEqual([]);
    const keyed = app.app.routes.find(({ path }) => path === '/v1/companies/:id/stats')!;
    const everyones = { kind: 'key', reach: 'own', scopes: ['read', 'admin'] } as const;
    expect(await faultsOf({ ...keyed, access: everyones })).not.toEqual([]);
  });

  test('a route that does not say who may call it stops the start', () => {
    const handler = () => {};
    const [page, all] = [forEverybody('candidate'), forEverybody('asset')];
    expect(() => routesOf(Router().get('/bare', handler))).toThrow('get /bare does not say who may call it');
    expect(() => routesOf(Router().use(Router().post('/inner', handler)), '/v1')).toThrow('post /v1/inner');
    expect(() => routesOf(Router().get('/late', handler, page, handler))).toThrow('/late');
    expect(() => routesOf(Router().get('/twice', page, all, handler))).toThrow('/twice');
    expect(() => routesOf(Router().get('/last', page))).toThrow('/last');
    expect(() => routesOf(Router().use('/hidden', handler))).toThrow('a handler under');
    expect(routesOf(Router().get('/good', passing(handler), page, handler))).toEqual([
      { method: 'get', path: '/good', access: { kind: 'open', why: 'candidate' } },
    ]);
  });
});
