import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { startTestApp, type TestApp } from '../harness/app.js';
import { SendgridServer } from '../relay/sendgrid-server.js';
import { createWorld, EXERCISES, type World } from './exercises.js';

type Described = { responses: Record<string, { content?: Record<string, { schema?: object }> }> };
type Document = { paths: Record<string, Record<string, Described>> };

const sendgrid = new SendgridServer();
let app: TestApp;
let world: World;
let document: Document;
let faultsOf: (operation: string, answer: Response) => Promise<string[]>;

/** Holds answers against the description as a reader of it would: with a validator of JSON Schema 2020-12. */
function checker(description: Document) {
  const ajv = new Ajv2020.default({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(description, 'api');
  const escaped = (name: string) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
  return async (operation: string, answer: Response): Promise<string[]> => {
    const [method = '', path = ''] = operation.split(' ');
    const described = description.paths[path]?.[method]?.responses[String(answer.status)];
    const text = await answer.text();
    if (!described) return [`${answer.status} is not described: ${text.slice(0, 200)}`];
    if (!described.content)
      return text === '' ? [] : [`${answer.status} has a body that is not described: ${text}`];
    const type = (answer.headers.get('content-type') ?? '').split(';')[0]!;
    const content = described.content[type];
    if (!content) return [`${answer.status} comes as ${type}, which is not described`];
    if (!content.schema) return [];
    const place = ['paths', path, method, 'responses', String(answer.status), 'content', type, 'schema'];
    const validate = ajv.compile({ $ref: `api#/${place.map(escaped).join('/')}` });
    if (validate(JSON.parse(text))) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${answer.status} ${instancePath || '/'} ${message} ${JSON.stringify(params)} in ${text.slice(0, 300)}`,
    );
  };
}

beforeAll(async () => {
  app = await startTestApp('pglite', { env: { SENDGRID_BASE_URL: await sendgrid.start() } });
  document = (await (await app.call('/v1/openapi.json')).json()) as Document;
  world = await createWorld(app);
  faultsOf = checker(document);
});
afterAll(async () => {
  await app.close();
  await sendgrid.stop();
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ name: `${method} ${path}`, described })),
  );

test('every answer of every route is as it is described', async () => {
  const found: Record<string, string[]> = {};
  for (const [name, calls] of Object.entries(EXERCISES)) {
    const faults: string[] = [];
    let good = false;
    for (const call of calls) {
      const answer = await call(world);
      good ||= answer.ok;
      faults.push(...(await faultsOf(name, answer)));
    }
    if (!good) faults.push('no call of it was answered well');
    if (faults.length > 0) found[name] = faults;
  }
  expect(found).toEqual({});
});

test('every route that is described is exercised, and none that is not', () => {
  expect(
    operations()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(EXERCISES).sort());
});

test('every good answer says what is in it', () => {
  const silent = operations().filter(({ name, described }) =>
    Object.entries(described.responses).some(
      ([status, { content }]) => /^20[01]$/.test(status) && !content && !(name === 'post /v3/mail/send'),
    ),
  );
  expect(silent.map(({ name }) => name)).toEqual([]);
});

test('without a key every route answers as it is described', async () => {
  for (const { name } of operations()) {
    const [method = '', path = ''] = name.split(' ');
    const answer = await app.call(path.replace(/\{\w+\}/g, 'svg'), { method: method.toUpperCase() });
    expect([name, answer.status, await faultsOf(name, answer)]).toEqual([name, 401, []]);
  }
});

test('the check finds a field too many, one too few, and a status that is not described', async () => {
  const name = 'post /v1/links';
  const json = (body: object, status = 201) =>
    new Response(JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
  expect(await faultsOf(name, json({ code: 'a', url: 'https://a.example/r/a' }))).toEqual([]);
  expect(
    await faultsOf(name, json({ code: 'a', url: 'https://a.example/r/a', recipient: 'x' })),
  ).toHaveLength(1);
  expect(await faultsOf(name, json({ code: 'a' }))).toHaveLength(1);
  expect(await faultsOf(name, json({}, 418))).toHaveLength(1);
});
