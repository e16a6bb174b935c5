import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestApp, type TestApp } from '../harness/app.js';

type Document = { paths: Record<string, Record<string, { responses: object; requestBody?: unknown }>> };

/** The routes that the edges declare, read from their source: `router.post('/companies/:id', …`. */
function declaredRoutes(): string[] {
  const edges = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?:api|postback|sendgrid-edge)\.ts$/.test(path))
    .map((path) => join('src', path))
    .filter((path) => path !== 'src/web/openapi.ts');
  return edges.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/\.(get|post|patch|delete)\(\s*'(\/[^']*)'/g)].map(
      ([, method, route = '']) => `${method} ${pathOf(route).replace(/:(\w+)/g, '{$1}')}`,
    ),
  );
}

function pathOf(route: string): string {
  return route.startsWith('/v3/') ? route : `/v1${route.replace(/^\/v1/, '')}`;
}

describe('the description of the API', () => {
  let app: TestApp;
  let document: Document;
  beforeAll(async () => {
    app = await startTestApp('pglite');
    document = (await (await app.call('/v1/openapi.json')).json()) as Document;
  });
  afterAll(() => app.close());

  test('has every route that exists, and none that does not', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(described.sort()).toEqual(declaredRoutes().sort());
    expect(described.length).toBeGreaterThan(8);
  });

  test('shows the fields of a body', () => {
    expect(JSON.stringify(document.paths['/v1/companies']?.post?.requestBody)).toContain('"policy"');
  });
});
