/** Why a request or a step failed, as a closed set; `statusOf` gives each its HTTP status. */
export type ErrorCode =
  | 'invalid_input'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'too_large'
  | 'too_many_requests'
  | 'unavailable'
  | 'internal';

/** One faulty field: where it stands (dotted path, `''` for the whole input) and what is wrong with it. */
export type FieldFault = Readonly<{ field: string; message: string }>;

/** The one error type that crosses a folder's border. Rendered in `web/problem.ts` and nowhere else. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly FieldFault[];

  constructor(code: ErrorCode, message: string, faults: readonly FieldFault[] = []) {
    super(message);
    this.name = 'AppError';
    this.code = code;
    this.faults = faults;
  }
}

/** HTTP status of an error code (RFC 9110 §15). */
export function statusOf(code: ErrorCode): number {
  switch (code) {
    case 'invalid_input':
      return 400;
    case 'unauthenticated':
      return 401;
    case 'forbidden':
      return 403;
    case 'not_found':
      return 404;
    case 'method_not_allowed':
      return 405;
    case 'conflict':
      return 409;
    case 'too_large':
      return 413;
    case 'too_many_requests':
      return 429;
    case 'unavailable':
      return 503;
    case 'internal':
      return 500;
  }
}
