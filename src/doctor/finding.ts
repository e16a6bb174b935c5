/** `warn`: it works, and somebody should look at it. `fail`: something does not work, or will not. */
export type Finding = Readonly<{
  check: string;
  status: 'ok' | 'warn' | 'fail';
  found: string;
  /** What to do about it; there where the status is not `ok`. */
  todo?: string;
}>;

export const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found });
export const warn = (check: string, found: string, todo: string): Finding => ({
  check,
  status: 'warn',
  found,
  todo,
});
export const fail = (check: string, found: string, todo: string): Finding => ({
  check,
  status: 'fail',
  found,
  todo,
});

/** What an error says, in one line; passwords in URLs never get into an error of ours, nor of the drivers. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const text =
    error instanceof Error ? error.message || (error as { code?: string }).code || error.name : String(error);
  return text.replace(/\s+/g, ' ').trim();
}
