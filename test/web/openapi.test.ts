import { startTestApp, type TestApp } from '../harness/app.js';

type Document = { paths: Record<string, Record<string, { responses: object; requestBody?: unknown }>> };

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
    const served = app.app.routes
      .filter(({ path }) => /^\/v[13]\//.test(path) && path !== '/v1/openapi.json')
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
    expect(described.sort()).toEqual(served.sort());
    expect(described.length).toBeGreaterThan(8);
  });

  test('shows the fields of a body', () => {
    expect(JSON.stringify(document.paths['/v1/companies']?.post?.requestBody)).toContain('"policy"');
  });
});
