import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.js';

/** What an archive holds of one table. */
const table = z.object({
  table: z.string(),
  /** Rows. */
  count: z.number().int().nonnegative(),
  /** The sum of the rows' SHA-256, modulo 2^256, in hex: whatever the order of the rows. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});

const manifest = z.object({
  format: z.literal(1),
  exportedAt: z.string(),
  from: z.enum(['postgres', 'pglite']),
  /** The migrations that the rows stand under. */
  migrations: z.array(z.string()),
  /** pg-boss's own version of its tables; null where no job was ever kept. */
  jobsVersion: z.number().nullable(),
  /** Tells whether SECRET_KEY is the one that hashes and secrets in the rows were made with. */
  secret: z.string(),
  tables: z.array(table),
  ledgers: z.object({ companies: z.number(), entries: z.number(), intact: z.boolean() }),
});

/** `manifest.json` of an archive: written last, so that an archive with one is whole. */
export type Manifest = z.infer<typeof manifest>;
export type TableCount = z.infer<typeof table>;

const NAME = 'manifest.json';

export function writeManifest(directory: string, whole: Manifest): void {
  writeFileSync(join(directory, NAME), `${JSON.stringify(whole, null, 2)}\n`, { mode: 0o600 });
}

/** @throws AppError `invalid_input` when the directory is no archive, or not a whole one */
export function readManifest(directory: string): Manifest {
  try {
    return manifest.parse(JSON.parse(readFileSync(join(directory, NAME), 'utf8')));
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'it has no manifest.json'
        : 'its manifest.json is not one of ours';
    throw new AppError('invalid_input', `${directory} is no whole archive: ${why}`);
  }
}

export function secretMark(secretKey: string): string {
  return createHmac('sha256', secretKey).update('career-relay archive').digest('hex').slice(0, 16);
}
