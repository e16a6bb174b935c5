/** Why a message is left as it is. */
export type SkipReason =
  | 'already-linked'
  | 'auto-submitted'
  | 'calendar'
  | 'dkim-signed'
  | 'encrypted'
  | 'inline-pgp'
  | 'line-too-long'
  | 'malformed'
  | 'no-placeholder'
  | 'no-text-part'
  | 'report'
  | 'signed'
  | 'tnef'
  | 'too-deep'
  | 'too-large'
  | 'unknown-encoding'
  | 'unsafe-charset';
