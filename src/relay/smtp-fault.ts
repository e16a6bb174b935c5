import { AppError } from '../errors.js';

/** What broke: the connection, our patience, the rules of SMTP, TLS, or upstream will not have us at all. */
export type SmtpFaultKind = 'lost' | 'timeout' | 'protocol' | 'tls' | 'refused' | 'busy';

/** The conversation with upstream cannot go on. Nothing was handed over, unless the caller had sent the final dot. */
export class SmtpFault extends AppError {
  readonly kind: SmtpFaultKind;

  constructor(kind: SmtpFaultKind, message: string) {
    super('unavailable', message);
    this.name = 'SmtpFault';
    this.kind = kind;
  }
}

export function asSmtpFault(error: unknown): SmtpFault {
  return error instanceof SmtpFault ? error : new SmtpFault('lost', (error as Error).message);
}
