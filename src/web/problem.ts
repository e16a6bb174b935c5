import { STATUS_CODES } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import type { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError, type FieldFault, statusOf } from '../errors.js';
import { sendFaultPage } from './page-fault.js';

/** The fields that an issue is about. Of keys that a schema does not know, each is one. */
function faultsOf(issue: z.core.$ZodIssue): FieldFault[] {
  if (issue.code !== 'unrecognized_keys') return [{ field: issue.path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), message: 'is no field here' }));
}

/** Checks outside input against a schema. @throws AppError `invalid_input` naming every faulty field */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap(faultsOf);
  const first = faults[0];
  throw new AppError(
    'invalid_input',
    first?.field ? `${first.field}: ${first.message}` : (first?.message ?? ''),
    faults,
  );
}

/** Errors that Express and its body parser throw carry a status; ours carry a code. */
function asAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  const { status, type, message } = error as { status?: number; type?: string; message?: string };
  if (type === 'entity.parse.failed') {
    return new AppError('invalid_input', `the body is not valid JSON: ${message}`, [
      { field: '', message: String(message) },
    ]);
  }
  if (status === 413) return new AppError('too_large', 'the body is too large');
  if (status !== undefined && status >= 400 && status < 500)
    return new AppError('invalid_input', String(message));
  return undefined;
}

/** Whether a browser asks for something to look at, outside the API. Programs take anything, and get JSON. */
function isForPeople(request: Request): boolean {
  return !/^\/v\d+\//.test(request.path) && request.accepts(['json', 'html']) === 'html';
}

/**
 * Renders every error of the HTTP API as `application/problem+json` (RFC 9457), the only place that does; to a browser
 * that asked for a page, as a page.
 */
export function problemHandler(deps: Deps) {
  return (error: unknown, request: Request, response: Response, next: NextFunction): void => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const known = asAppError(error);
    if (!known) deps.events.requestFailed(error, { method: request.method });
    const shown = known ?? new AppError('internal', 'something failed on our side; try again');
    if (isForPeople(request)) {
      sendFaultPage(shown.code, request, response);
      return;
    }
    const status = statusOf(shown.code);
    response
      .status(status)
      .type('application/problem+json')
      .send(
        JSON.stringify({
          type: `urn:career-relay:${shown.code}`,
          title: STATUS_CODES[status],
          status,
          detail: shown.message,
          code: shown.code,
          ...(shown.faults.length > 0 ? { errors: shown.faults } : {}),
        }),
      );
  };
}
