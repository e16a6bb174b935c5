import { openKey, type SealedKey } from '../company/dkim-keys.js';
import { recordName } from '../company/dkim-material.js';
import type { Deps } from '../deps.js';
import { signMessage } from './dkim.js';
import type { MimeStructure } from './mime.js';
import { GROWTH } from './offer.js';
import type { SenderProfile } from './profile.js';
import type { RelayJob } from './relay-job.js';
import { planSigning, type SigningPlan } from './signing.js';
import { mergeSplices, type Splice, spliced } from './splice.js';

export type MessageSigning = SigningPlan<SealedKey>;

/** What is done about the message's signature. */
export function findSigning({ company, keys }: SenderProfile, structure: MimeStructure): MessageSigning {
  return planSigning(structure, keys, company.signedPolicy);
}

export type Signed = Readonly<{ splices: readonly Splice[]; signedBy: string | null }>;

/**
 * Adds our signature, and takes those out that it stands for, where the plan asks for it.
 * @param splices what is done to the message otherwise
 * @param changed whether that changes its content
 * @throws Error when the key does not open or the message cannot be signed: the splices must not go out then
 */
export async function signSplices(
  deps: Pick<Deps, 'clock' | 'keys'>,
  { message: { spill } }: Pick<RelayJob, 'message'>,
  signing: MessageSigning,
  splices: readonly Splice[],
  changed: boolean,
): Promise<Signed> {
  if (signing.kind === 'none' || (signing.kind === 'resign' && !changed)) return { splices, signedBy: null };
  const { key } = signing;
  const body = signing.kind === 'resign' ? mergeSplices(splices, signing.remove) : splices;
  const signer = { ...key, privateKey: openKey(deps, key) };
  const field = await signMessage(spliced(spill.content(), body), signer, deps.clock());
  // In front of a field that is taken out at the same place.
  const signed = mergeSplices([{ at: 0, remove: 0, insert: field }], body);
  const growth = signed.reduce((sum, { insert, remove }) => sum + insert.length - remove, 0);
  if (growth > GROWTH) throw new Error('the signature grows the message too much');
  return { splices: signed, signedBy: recordName(key) };
}
