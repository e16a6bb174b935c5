import type { SkipReason } from './insert-reason.js';
import type { MimeDefect, MimePart, MimeStructure } from './mime.js';
import { headerField, parseParameters } from './mime-header.js';
import { allParts } from './mime-part.js';

const SIGNED = new Set(['multipart/signed', 'application/pkcs7-signature', 'application/pgp-signature']);
const ENCRYPTED = new Set(['multipart/encrypted', 'application/pgp-encrypted']);
const TNEF = new Set(['application/ms-tnef', 'application/vnd.ms-tnef']);

/**
 * What forbids touching the message whatever its text says; undefined where nothing does.
 * @param resigned its DKIM signatures will be taken out and it is signed anew; a seal of others (ARC) stays in the way
 */
export function messageObstacle(structure: MimeStructure, resigned = false): SkipReason | undefined {
  const { root } = structure;
  for (const defect of structure.defects) {
    const reason = defectReason(defect);
    if (reason) return reason;
  }
  if (headerField(root.fields, 'arc-message-signature')) return 'dkim-signed';
  if (!resigned && headerField(root.fields, 'dkim-signature')) return 'dkim-signed';
  if (automaticKind(structure) === 'reply') return 'auto-submitted';
  for (const part of allParts(root)) {
    const reason = partObstacle(part);
    if (reason) return reason;
  }
  return undefined;
}

function defectReason(defect: MimeDefect): SkipReason | undefined {
  switch (defect) {
    case 'too-deep':
    case 'too-many-parts':
      return 'too-deep';
    case 'header-too-large':
      return 'too-large';
    case 'unclosed-multipart':
      return undefined;
    case 'ambiguous-boundary':
    case 'bad-content-type':
    case 'boundary-never-seen':
    case 'duplicate-mime-header':
    case 'header-garbage':
    case 'header-unterminated':
    case 'no-boundary':
      return 'malformed';
  }
}

function partObstacle(part: MimePart): SkipReason | undefined {
  if (part.type === 'multipart/report') return 'report';
  if (SIGNED.has(part.type)) return 'signed';
  if (ENCRYPTED.has(part.type)) return 'encrypted';
  if (/^application\/(x-)?pkcs7-mime$/.test(part.type)) {
    return part.parameters['smime-type'] === 'signed-data' ? 'signed' : 'encrypted';
  }
  if (TNEF.has(part.type) || part.filename?.toLowerCase() === 'winmail.dat') return 'tnef';
  const invites = part.disposition !== 'attachment' || part.parameters.method !== undefined;
  return part.type === 'text/calendar' && invites ? 'calendar' : undefined;
}

/**
 * What Auto-Submitted says (RFC 3834 §5): `generated` where a program wrote the mail of its own accord, as an applicant
 * tracking system does; `reply` for an answer to another mail, a notification, or what we do not know; undefined where the
 * field is missing or says `no`. Of several fields the one that forbids more counts.
 */
export function automaticKind({ root }: MimeStructure): 'generated' | 'reply' | undefined {
  const keywords = root.fields
    .filter(({ key }) => key === 'auto-submitted')
    .map(({ value }) => parseParameters(value).token)
    .filter((keyword) => keyword !== 'no');
  if (keywords.length === 0) return undefined;
  return keywords.every((keyword) => keyword === 'auto-generated') ? 'generated' : 'reply';
}

type Branches = Readonly<{ targets: readonly MimePart[]; linked: boolean }>;

/**
 * Which parts get the block: one of each alternative; of parts shown one after the other (mixed) the first that
 * says something, and none where another of them already has the link.
 */
export function planBranches(
  part: MimePart,
  linked: (part: MimePart) => boolean,
  blank: (part: MimePart) => boolean,
): Branches {
  if (part.children.length === 0) {
    if (!part.editable) return { targets: [], linked: false };
    return linked(part) ? { targets: [], linked: true } : { targets: [part], linked: false };
  }
  const branches = shownChildren(part).map((child) => planBranches(child, linked, blank));
  const merged = branches.flatMap((branch) => branch.targets);
  if (part.type === 'multipart/alternative')
    return { targets: merged, linked: branches.some((one) => one.linked) };
  const withLink = branches.filter((branch) => branch.linked);
  if (withLink.length > 0) return { targets: withLink.flatMap((branch) => branch.targets), linked: true };
  const able = branches.filter((branch) => branch.targets.length > 0);
  return able.find((branch) => !branch.targets.every(blank)) ?? able[0] ?? { targets: [], linked: false };
}

/** multipart/related shows its root only (RFC 2387 §3.2): the part that `start` names, else the first. */
function shownChildren(part: MimePart): readonly MimePart[] {
  if (part.type !== 'multipart/related') return part.children;
  const start = part.parameters.start;
  const named =
    start && part.children.find((child) => headerField(child.fields, 'content-id')?.value === start);
  return named ? [named] : part.children.slice(0, 1);
}
