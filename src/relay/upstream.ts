import type { UpstreamAddress } from '../config.js';
import type { Deps } from '../deps.js';
import { createOutbox } from './outbox.js';
import { createSmtpUpstream, type SmtpUpstreamOptions } from './smtp-upstream.js';
import type { Upstream } from './upstream-session.js';

export type { Extensions } from './smtp-extensions.js';
export { SmtpFault } from './smtp-fault.js';
export type { Reply } from './smtp-reply.js';
export type { DataResult, Upstream, UpstreamSession } from './upstream-session.js';

/** The upstream of an address: an SMTP server, or files under `<dataDir>/outbox`. */
export function createUpstream(
  deps: Pick<Deps, 'config' | 'clock' | 'newId'>,
  address: UpstreamAddress,
  options: SmtpUpstreamOptions = {},
): Upstream {
  switch (address.kind) {
    case 'outbox':
      return createOutbox(deps);
    case 'smtp':
      return createSmtpUpstream(deps, address, options);
  }
}
