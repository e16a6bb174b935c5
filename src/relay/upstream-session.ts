import type { Claims } from './peer-claims.js';
import type { Extensions } from './smtp-extensions.js';
import type { SmtpFault } from './smtp-fault.js';
import type { Reply } from './smtp-reply.js';
import type { Content } from './splice.js';

/** What became of a message's content. */
export type DataResult =
  /** The answer to the final dot, or a refusal in the middle of the content. */
  | Readonly<{ kind: 'replied'; reply: Reply }>
  | Readonly<{ kind: 'refused-before-content'; reply: Reply }>
  /** Nothing was handed over. */
  | Readonly<{ kind: 'lost-before-dot'; cause: SmtpFault }>
  /** Unknown: the message may have been taken. It is never sent again by us. */
  | Readonly<{ kind: 'lost-after-dot'; cause: SmtpFault }>;

/**
 * One mail transaction, in lock-step: MAIL, each RCPT, then the content.
 * `path` is written as in RFC 5321 (`<a@b>`, `<>`), latin1, and goes out byte for byte; so do parameters.
 * mail and rcpt throw SmtpFault when the connection is lost and cannot be replaced: nothing was handed over then.
 */
export interface UpstreamSession {
  /** @param claims what a trusted peer said of its client, passed on as XFORWARD as far as upstream takes it */
  mail(path: string, parameters: readonly string[], claims?: Claims): Promise<Reply>;
  rcpt(path: string, parameters: readonly string[]): Promise<Reply>;
  /** `content` ends its lines by CRLF and is not dot-stuffed. Never throws for faults of the connection. */
  data(content: Content): Promise<DataResult>;
  /** Ends the transaction, done or not. Safe to call twice. */
  release(): void;
}

/** Where mail goes next. */
export interface Upstream {
  /** What it offers; remembered for a minute. @throws SmtpFault when nobody is there */
  extensions(): Promise<Extensions>;
  /** @throws SmtpFault when no connection can be had */
  open(): Promise<UpstreamSession>;
  /** Of the pool, where there is one. */
  connections?(): Readonly<{ open: number; idle: number; waiting: number }>;
  close(): Promise<void>;
}
