import { Router } from 'express';
import type { ComponentChildren } from 'preact';
import type { Config } from '../config.js';
import { forEverybody } from './access.js';
import { exampleOf, type Field, fieldsOf, type Schema, typeOf, variantsOf } from './docs-schema.js';
import { type Operation, openApiDocument } from './openapi.js';
import { renderPage } from './page.js';

type Parameter = Readonly<{ name: string; in: string; required: boolean; schema: Schema }>;
type Content = Readonly<Record<string, Readonly<{ schema?: Schema & { $ref?: string } }>>>;
type Described = Readonly<{
  operationId: string;
  tags: readonly string[];
  summary: string;
  description: string;
  parameters: readonly Parameter[];
  requestBody?: Readonly<{ content: Content }>;
  responses: Readonly<Record<string, Readonly<{ description: string; content?: Content }>>>;
}>;
type Document = Readonly<{ paths: Readonly<Record<string, Readonly<Record<string, Described>>>> }>;
type Call = Readonly<{ method: string; path: string; described: Described }>;

/** A heading stands where its first call does. */
function callsByArea({ paths }: Document): Map<string, Call[]> {
  const areas = new Map<string, Call[]>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, described] of Object.entries(methods)) {
      const area = described.tags[0] ?? '';
      areas.set(area, [...(areas.get(area) ?? []), { method, path, described }]);
    }
  }
  return areas;
}

function anchorOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function Fields({ title, rows }: { title: string; rows: readonly Field[] }) {
  if (rows.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <dl class="docs-fields">
        {rows.map((field) => (
          <div key={field.name} class={`docs-depth-${Math.min(field.depth, 3)}`}>
            <dt>
              <code>{field.name}</code> <span>{field.type}</span>
              {field.required && <b>required</b>}
            </dt>
            {field.description && <dd>{field.description}</dd>}
          </div>
        ))}
      </dl>
    </>
  );
}

function parametersOf({ described, path }: Call): { inPath: Field[]; inQuery: Field[] } {
  const rows = (where: string) =>
    described.parameters
      .filter((one) => one.in === where)
      .map(({ name, schema, required }) => ({
        name,
        type: typeOf(schema),
        required,
        description: PATH_PARTS[name] ?? schema.description,
        depth: 0,
      }));
  return { inPath: path.includes('{') ? rows('path') : [], inQuery: rows('query') };
}

/** What stands in braces in a path. */
const PATH_PARTS: Readonly<Record<string, string>> = {
  externalId: 'the id that the agency reported it by',
  month: 'YYYY-MM, in the company’s time zone',
  format: 'the ending of the file',
  table: 'messages, clicks, registrations or daily',
  code: 'the last part of a link',
};

/** A command to try the call with. */
function curlOf(baseUrl: string, { method, path, described }: Call): string {
  const url = `${baseUrl}${path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`)}`;
  const content = described.requestBody?.content ?? {};
  const json = content['application/json']?.schema;
  const lines = [
    `curl ${method === 'get' || method === 'post' ? '' : `-X ${method.toUpperCase()} `}"${url}"`,
    '-H "authorization: Bearer $KEY"',
  ];
  if (json) {
    const body = JSON.stringify(exampleOf(json), null, 2).replaceAll("'", "'\\''");
    lines.push("-H 'content-type: application/json'", `-d '${body}'`);
  } else if ('text/csv' in content) {
    lines.push("-H 'content-type: text/csv'", '--data-binary @table.csv');
  } else if (method === 'post') {
    lines.splice(1, 0, '-X POST');
  }
  return lines.join(' \\\n  ');
}

function Code({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <figure aria-label={title}>
      <figcaption>{title}</figcaption>
      <pre>
        <code>{children}</code>
      </pre>
    </figure>
  );
}

/** The fields of an answer; what may be missing says so in its description. */
function AnswerFields({ schema }: { schema: Schema }) {
  const variants = variantsOf(schema);
  return (
    <>
      {variants.map((one, at) => (
        <Fields
          key={typeOf(one)}
          title={at === 0 ? 'Answer' : 'or'}
          rows={fieldsOf(one).map((field) => ({ ...field, required: false }))}
        />
      ))}
    </>
  );
}

function Answers({ call }: { call: Call }) {
  const answers = Object.entries(call.described.responses);
  const good = answers.find(
    ([status, { content }]) => status.startsWith('2') && content?.['application/json'],
  );
  const schema = good?.[1].content?.['application/json']?.schema;
  return (
    <>
      {schema && <AnswerFields schema={schema} />}
      <h4>Statuses</h4>
      <dl class="docs-statuses">
        {answers.map(([status, { description, content }]) => {
          const files = Object.keys(content ?? {}).filter((type) => !type.includes('json'));
          return (
            <div key={status}>
              <dt class={`docs-status-${status[0]}`}>{status}</dt>
              <dd>
                {description}
                {files.length > 0 && <code> {files.join(', ')}</code>}
              </dd>
            </div>
          );
        })}
      </dl>
    </>
  );
}

function CallSection({ baseUrl, call }: { baseUrl: string; call: Call }) {
  const { method, path, described } = call;
  const { inPath, inQuery } = parametersOf(call);
  const body = described.requestBody?.content['application/json']?.schema;
  const good = Object.entries(described.responses).find(
    ([status, { content }]) => status.startsWith('2') && content?.['application/json']?.schema,
  );
  const answer = good?.[1].content?.['application/json']?.schema;
  return (
    <section class="docs-call" id={described.operationId}>
      <div class="docs-words">
        <h3>{described.summary}</h3>
        <p class="docs-path">
          <b class={`docs-${method}`}>{method.toUpperCase()}</b> <code>{path}</code>
        </p>
        <p class="docs-who">{described.description}</p>
        <Fields title="Path" rows={inPath} />
        <Fields title="Query" rows={inQuery} />
        {body &&
          variantsOf(body).map((one, at) => (
            <Fields key={typeOf(one)} title={at === 0 ? 'Body' : 'or'} rows={fieldsOf(one)} />
          ))}
        <Answers call={call} />
      </div>
      <div class="docs-examples">
        <Code title="Request">{curlOf(baseUrl, call)}</Code>
        {answer && (
          <Code title={`Answer ${good?.[0]}`}>{JSON.stringify(exampleOf(answer, '', 9), null, 2)}</Code>
        )}
      </div>
    </section>
  );
}

const PROBLEM = {
  type: 'urn:career-relay:invalid_input',
  title: 'Bad Request',
  status: 400,
  detail: 'email: Invalid email address',
  code: 'invalid_input',
  errors: [{ field: 'email', message: 'Invalid email address' }],
};

function Introduction({ baseUrl }: { baseUrl: string }) {
  return (
    <section class="docs-call" id="introduction">
      <div class="docs-words">
        <h1>HTTP API</h1>
        <p>
          JSON over HTTPS. The same as a document for tools: <a href="/v1/openapi.json">/v1/openapi.json</a>{' '}
          (OpenAPI 3.1).
        </p>
        <h2 class="docs-part">Keys</h2>
        <p>
          Every call carries <code>Authorization: Bearer KEY</code>. A company’s keys act for that company
          alone, by scope: <code>read</code>, <code>links</code>, <code>mail</code>, <code>admin</code>.
          Agencies have keys with the scope <code>agency</code>; operators’ keys may do everything but send
          mail. “Company” below means any key of it with <code>read</code> or <code>admin</code>.
        </p>
        <h2 class="docs-part">The same call twice</h2>
        <p>
          A POST may carry <code>Idempotency-Key</code>: the same key and the same input get the first answer
          again, another input gets 409. Calls that show a secret take none, since their answers are not kept.
        </p>
        <h2 class="docs-part">Long lists</h2>
        <p>
          come in pages: <code>next</code> is the <code>cursor</code> of the next call, null at the end.
        </p>
        <h2 class="docs-part">Times</h2>
        <p>
          are UTC in answers (<code>2026-11-22T01:00:00.000Z</code>); days and months are those of the
          company’s time zone.
        </p>
        <h2 class="docs-part">Problems</h2>
        <p>
          come as <code>application/problem+json</code> (RFC 9457). <code>errors</code> names every faulty
          field.
        </p>
      </div>
      <div class="docs-examples">
        <Code title="Request">{`curl "${baseUrl}/v1/companies" \\\n  -H "authorization: Bearer $KEY"`}</Code>
        <Code title="A problem">{JSON.stringify(PROBLEM, null, 2)}</Code>
      </div>
    </section>
  );
}

/** The description of the API as a page; made of the document alone. */
export function docsPage(baseUrl: string, document: Document): string {
  const areas = [...callsByArea(document)];
  return renderPage({
    title: 'HTTP API – Career Relay',
    locale: 'en',
    styles: ['docs.css'],
    body: (
      <div class="docs">
        <nav aria-label="Calls">
          <a class="docs-home" href="#introduction">
            Career Relay API
          </a>
          {areas.map(([area, calls]) => (
            <details key={area} open>
              <summary>{area}</summary>
              <ul>
                {calls.map(({ described, method, path }) => (
                  <li key={described.operationId}>
                    <a href={`#${described.operationId}`}>
                      <b class={`docs-${method}`}>{method.toUpperCase()}</b> {path.replace(/^\/v1/, '')}
                    </a>
                  </li>
                ))}
              </ul>
            </details>
          ))}
        </nav>
        <main>
          <Introduction baseUrl={baseUrl} />
          {areas.map(([area, calls]) => (
            <div key={area}>
              <h2 id={anchorOf(area)}>{area}</h2>
              {calls.map((call) => (
                <CallSection key={call.described.operationId} baseUrl={baseUrl} call={call} />
              ))}
            </div>
          ))}
        </main>
      </div>
    ),
  });
}

/** `GET /docs`, for everybody. */
export function docsRoutes(config: Pick<Config, 'baseUrl'>, operations: readonly Operation[]): Router {
  let page: string | undefined;
  return Router().get('/docs', forEverybody('description'), (_request, response) => {
    page ??= docsPage(config.baseUrl, openApiDocument(config, operations) as Document);
    response.send(page);
  });
}
