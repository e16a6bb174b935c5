import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Response, Router } from 'express';
import { z } from 'zod';
import { type AuditActor, recordAudit } from '../company/audit.js';
import { type Company, findCompany } from '../company/store.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { keyActing } from '../web/actor.js';
import { companyKeys, principal } from '../web/auth.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { isDay } from './days.js';
import { EXPORTS, exportTable, FORMATS, fileOf } from './export-tables.js';

const TYPES = {
  csv: 'text/csv; charset=utf-8; header=present',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;

const day = z.string().refine(isDay, 'must be a day as YYYY-MM-DD');
/** Days in the company's time zone, both inclusive; without them everything. */
export const exportQuery = z
  .object({ from: day.optional(), to: day.optional() })
  .refine((given) => !given.from || !given.to || given.from <= given.to, {
    message: 'must not be after to',
    path: ['from'],
  });
const exportPath = z.object({ table: z.enum(EXPORTS), format: z.enum(FORMATS) });

/**
 * Answers with a table of a company as a file, streamed: what is in memory is one batch of rows.
 * @throws AppError `not_found` for a table or a format that there is none of, `invalid_input` for faulty days
 */
export async function sendExport(
  deps: Deps,
  response: Response,
  company: Company,
  asked: Readonly<{ path: unknown; query: unknown; actor: AuditActor }>,
): Promise<void> {
  const path = exportPath.safeParse(asked.path);
  if (!path.success)
    throw new AppError('not_found', `no such export: ${EXPORTS.join(', ')} as ${FORMATS.join(', ')}`);
  const { table, format } = path.data;
  const days = parseInput(exportQuery, asked.query);
  response.set({
    'Content-Type': TYPES[format],
    'Content-Disposition': `attachment; filename="${company.slug}-${table}.${format}"`,
    'Cache-Control': 'private, no-store',
  });
  if (response.req.method === 'HEAD') return void response.end();
  await deps.db.transaction((tx) =>
    recordAudit(deps, tx, {
      companyId: company.id,
      actor: asked.actor,
      action: 'export.made',
      subject: table,
      details: { format, ...days },
    }),
  );
  const rows = exportTable(deps.db, company, table, days);
  await pipeline(Readable.from(fileOf(rows, format, table)), response);
}

/** Tables of a company as files. */
export function exportApi(deps: Deps): Router {
  const router = Router();
  router.get(
    '/companies/:id/exports/:table.:format',
    companyKeys('read', 'admin'),
    async (request, response) => {
      const { id } = request.params;
      const company = z.uuid().safeParse(id).success ? await findCompany(deps.db, id) : undefined;
      if (!company) throw new AppError('not_found', 'no such company');
      const { params: path, query } = request;
      await sendExport(deps, response, company, { path, query, actor: keyActing(principal(response)) });
    },
  );
  return router;
}

export const exportOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/companies/{id}/exports/{table}.{format}',
    summary:
      'A table as a file: messages, clicks, registrations (in counts) or daily figures, as csv (UTF-8 with BOM) or xlsx; times are in the company’s time zone',
    who: 'operator, company',
    query: exportQuery,
    answers: {
      200: {
        means: 'the file, streamed',
        files: ['text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
      },
      404: 'no such company, table or format',
    },
  },
];
