import { z } from 'zod';
import { count } from '../web/answer.js';

/** What a dry run says of a table. */
export const dryRunAnswer = z.strictObject({
  dryRun: z.literal(true),
  encoding: z.string(),
  rows: count,
  columns: z.record(z.string(), z.string()).describe('the heading that each field is read from'),
  errorCount: count,
  errors: z.array(
    z.strictObject({ row: z.int(), column: z.string().nullable().optional(), message: z.string() }),
  ),
});
