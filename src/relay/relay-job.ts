import type { Credential } from '../company/credentials.js';
import type { ReceivedMessage } from './reception.js';
import type { Reply } from './smtp-reply.js';
import type { UpstreamSession } from './upstream-session.js';

/** Who sends: an SMTP credential always belongs to a company. */
export type Sender = Credential & Readonly<{ companyId: string }>;

/** A message that was received whole, with the upstream transaction that already has its envelope. */
export type RelayJob = Readonly<{
  sender: Sender;
  /** Paths as upstream was told them: `<a@b>`, latin1. */
  from: string;
  recipients: readonly string[];
  message: ReceivedMessage;
  session: UpstreamSession;
}>;

export type Relay = Readonly<{
  /** @returns what the client hears; positive only when upstream has the message */
  relay(job: RelayJob): Promise<Reply>;
  /** Waits for the journal. */
  settled(): Promise<void>;
}>;
