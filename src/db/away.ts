import { isNativeError } from 'node:util/types';

/** The server is not to be reached, or says that it is not ready (Node's codes, and PostgreSQL's appendix A). */
const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOENT',
  'EAI_AGAIN',
  'EPIPE',
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
]);
/** What the driver says without a code. */
const CUT_OFF = /timeout|terminated/i;

/** Whether a failed statement says that the database is away and may come back, as against a fault to be mended. */
export function isAway(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (Array.isArray(errors)) return errors.some(isAway);
  if (typeof code === 'string') return AWAY.has(code) || code.startsWith('08');
  return CUT_OFF.test(error.message);
}
