import { Router } from 'express';
import { z } from 'zod';
import type { Config } from '../config.js';
import { forEverybody } from './access.js';

/** One route of the HTTP API as its users see it; each edge describes its own. */
export type Operation = Readonly<{
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Below `/v1`, with parameters in braces: `/companies/{id}`; or whole, below `/v3`, in SendGrid's manner. */
  path: string;
  summary: string;
  /** Whose key may call it. */
  who: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** The body is a table. */
  takesCsv?: true;
  /** What each status means; problems (4xx of every route) are added. */
  answers: Readonly<Record<number, Answer>>;
}>;

/**
 * What a status means, and what comes with it: JSON (`body`), or a file of one of these media types (`files`). Text alone:
 * nothing comes with it, or a problem.
 */
export type Answer = string | Readonly<{ means: string; body?: z.ZodType; files?: readonly string[] }>;

type Json = Readonly<Record<string, unknown>>;

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

/** As SendGrid says it (ErrorResponse of its description). */
const SENDGRID_ERRORS = {
  type: 'object',
  properties: {
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          message: { type: 'string' },
          field: { type: ['string', 'null'] },
          help: { type: ['object', 'string', 'null'] },
        },
      },
    },
  },
};

function isSendgrids({ path }: Pick<Operation, 'path'>): boolean {
  return path.startsWith('/v3/');
}

/** @param io what callers send, or what they are sent: defaults and transformations tell them apart */
function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'input'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function contentOf(answer: Answer): Json | undefined {
  if (typeof answer === 'string') return undefined;
  const { body, files = [] } = answer;
  return Object.fromEntries([
    ...(body ? [['application/json', { schema: schemaOf(body, 'output') }]] : []),
    ...files.map((type) => [type, {}]),
  ]) as Json;
}

/** What a route is about: the heading that it stands under. */
export function areaOf(path: string): string {
  const [, area] = AREAS.find(([pattern]) => pattern.test(path)) ?? [];
  return area ?? 'Companies';
}

const AREAS: readonly (readonly [RegExp, string])[] = [
  [/^\/v3\//, 'SendGrid drop-in'],
  [/\/(exports|stats|messages)/, 'Figures'],
  [/\/(links|qr)/, 'Links'],
  [/\/(registrations|signing-secrets|reconciliations)/, 'Registrations'],
  [/\/(ledger|redemptions|program|exclusions|adjustments|statements)/, 'Credits'],
  [/\/(deliveries|dkim-keys|sendgrid|block)/, 'Mail'],
  [/\/(members|operators|sign-in-links)/, 'People'],
];

/** `post /v1/companies/{id}/members` → `postCompaniesIdMembers`, for generators of clients. */
function nameOf(method: string, path: string): string {
  const words = path.replace(/^\/v1/, '').match(/[A-Za-z0-9]+/g) ?? [];
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

function parametersOf(operation: Operation): Json[] {
  const { path, query, method } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: schemaOf(schema as z.ZodType),
  }));
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', maxLength: 255 },
  };
  return [...inPath, ...inQuery, ...(method === 'post' && !isSendgrids(operation) ? [key] : [])];
}

function describe(operation: Operation): Json {
  const problem = isSendgrids(operation)
    ? { 'application/json': { schema: { $ref: '#/components/schemas/SendgridErrors' } } }
    : { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const answers = Object.entries(operation.answers).map(([status, answer]) => {
    const description = typeof answer === 'string' ? answer : answer.means;
    const content = Number(status) >= 400 ? problem : contentOf(answer);
    return [status, { description, ...(content ? { content } : {}) }];
  });
  const path = isSendgrids(operation) ? operation.path : `/v1${operation.path}`;
  return {
    operationId: nameOf(operation.method, path),
    tags: [areaOf(path)],
    summary: operation.summary,
    description: `Who: ${operation.who}.`,
    parameters: parametersOf(operation),
    ...(operation.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(operation.body) } },
          },
        }
      : {}),
    ...(operation.takesCsv
      ? { requestBody: { required: true, content: { 'text/csv': { schema: { type: 'string' } } } } }
      : {}),
    responses: {
      ...(operation.body || operation.query
        ? { 400: { description: 'a field is faulty; each is named', content: problem } }
        : {}),
      ...Object.fromEntries(answers),
      401: { description: 'no key, or an unknown or revoked one', content: problem },
      403: { description: 'the key may not do this', content: problem },
    },
  };
}

/** The OpenAPI 3.1 description of the HTTP API. */
export function openApiDocument(config: Pick<Config, 'baseUrl'>, operations: readonly Operation[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const path = isSendgrids(operation) ? operation.path : `/v1${operation.path}`;
    paths[path] = { ...paths[path], [operation.method]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Career Relay', version: '1', license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: config.baseUrl }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: PROBLEM, SendgridErrors: SENDGRID_ERRORS },
    },
  };
}

/** `GET /v1/openapi.json`, for everybody. */
export function openApiRoutes(config: Pick<Config, 'baseUrl'>, operations: readonly Operation[]): Router {
  const document = openApiDocument(config, operations);
  return Router().get('/v1/openapi.json', forEverybody('description'), (_request, response) => {
    response.json(document);
  });
}
