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
  answers: Readonly<Record<number, string>>;
}>;

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

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
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
  const answers = Object.entries(operation.answers).map(([status, description]) => [
    status,
    { description, ...(Number(status) >= 400 ? { content: problem } : {}) },
  ]);
  return {
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
      ...Object.fromEntries(answers),
      ...(operation.body
        ? { 400: { description: 'a field is faulty; each is named', content: problem } }
        : {}),
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
