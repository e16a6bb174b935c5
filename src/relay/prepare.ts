import { staticUrlOf } from '../company/company.js';
import type { CompanyRule } from '../company/rules.js';
import type { Company } from '../company/store.js';
import type { Deps } from '../deps.js';
import { type Labels, linkUrl } from '../link/mint.js';
import type { BlockSettings } from './block-store.js';
import { classifyMessage, type Verdict } from './classify.js';
import { type Decision, decide, isAskedAbout } from './decide.js';
import { type Excerpt, excerptOf } from './excerpt.js';
import { controlHeaderSplices, planInsertion } from './insert.js';
import { createLineEndCheck } from './line-ends.js';
import type { MimeStructure } from './mime.js';
import { GROWTH } from './offer.js';
import type { SenderProfile } from './profile.js';
import { addressOf } from './recipients.js';
import type { RelayJob } from './relay-job.js';
import { findSigning, type MessageSigning, signSplices } from './sign.js';
import {
  type InsertedRange,
  insertedRanges,
  isInMemory,
  mergeSplices,
  type Splice,
  spliced,
} from './splice.js';
import type { PlannedLink } from './store.js';
import { languageIn, type MessageView, readView } from './view.js';

/** How a message will go out, and what the journal says of it. */
export type Prepared = Readonly<{
  splices: readonly Splice[];
  verdict: Verdict;
  action: 'inserted' | 'untouched';
  reason: string | null;
  ranges: readonly InsertedRange[];
  /** The link that it carries, not minted yet. */
  link: PlannedLink | undefined;
  /** Where the key of our signature is published; null where we do not sign. */
  signedBy: string | null;
  labels: Labels;
  /** Of a mail that a person is to be asked about. */
  excerpt: Excerpt | undefined;
}>;

export type PrepareParts = Readonly<{
  deps: Deps;
  /** The sender's company and its keys. */
  profile: Promise<SenderProfile | undefined>;
  /** The code of the link, if one is needed; undefined: none can be had, and the original goes out. */
  code: string | undefined;
}>;

const UNKNOWN: Verdict = { verdict: 'unsure', cues: [], rulesVersion: 0 };

/** A step that failed; what was known by then goes into the journal. */
type Progress = { step: string; verdict: Verdict; labels: Labels; excerpt?: Excerpt };

/**
 * Decides and plans what is done to a message. Never throws: on any fault of ours the original goes out, without our
 * control headers if those can be found.
 * @param structure of the message; undefined when it could not be read
 */
export async function prepareMessage(
  parts: PrepareParts,
  job: RelayJob,
  structure: MimeStructure | undefined,
): Promise<Prepared> {
  const progress: Progress = { step: 'read', verdict: UNKNOWN, labels: {} };
  async function orOriginal(work: () => Promise<Prepared>): Promise<Prepared> {
    try {
      return await work();
    } catch (error) {
      parts.deps.events.relayFault(progress.step, error);
      return untouched(await cleaned(parts.deps, job, structure), progress, `fault-${progress.step}`);
    }
  }
  let signing: MessageSigning = { kind: 'none' };
  const planned = await orOriginal(async () => {
    if (!structure) throw new Error('the structure could not be read');
    progress.step = 'store';
    const profile = await parts.profile;
    if (!profile) throw new Error('the company is gone');
    signing = findSigning(profile, structure);
    const resigned = signing.kind === 'resign';
    const { company, rules, block } = profile;
    return planMessage(parts, job, { structure, company, rules, block, resigned }, progress);
  });
  return orOriginal(async () => {
    progress.step = 'sign';
    const inserted = planned.action === 'inserted';
    const signed = await signSplices(parts.deps, job, signing, planned.splices, inserted);
    return { ...planned, ...signed, ranges: insertedRanges(signed.splices) };
  });
}

/** A message that could be read, its sender, and whether changing it means signing it anew. */
type Subject = Readonly<{
  structure: MimeStructure;
  company: Company;
  rules: readonly CompanyRule[];
  block: BlockSettings | undefined;
  resigned: boolean;
}>;

async function planMessage(
  parts: PrepareParts,
  job: RelayJob,
  { structure, company, rules, block: settings, resigned }: Subject,
  progress: Progress,
): Promise<Prepared> {
  const { deps } = parts;
  progress.step = 'read';
  const staticUrl = staticUrlOf(deps.config, company);
  const view = readView(structure, { linkBaseUrls: linkBases(deps, company), staticUrl });
  progress.labels = { ...labelsOf(view), language: languageIn(view) };
  progress.step = 'classify';
  const policy = job.sender.policy ?? company.policy;
  progress.verdict = classifyMessage(view, policy, rules);
  const decision = decide(view, progress.verdict, policy, job, settings);
  if (isAskedAbout(progress.verdict, decision)) progress.excerpt = excerptOf(view);
  progress.step = 'plan';
  if (decision.kind === 'untouched') {
    return untouched(await cleaned(deps, job, structure), progress, decision.reason);
  }
  const linkBaseUrls = linkBases(deps, company);
  const link = linkFor(parts, job, view, decision);
  const url = link ? linkUrl(deps.config, link.code, company.linkHost) : staticUrl;
  const mode = decision.kind === 'static-link' ? 'placeholder-only' : 'block';
  const block = { url, agency: deps.config.agency, wording: settings?.wording };
  const plan = planInsertion(structure, block, { mode, staticUrl, linkBaseUrls, resigned });
  if (plan.kind === 'skipped') return untouched(await cleaned(deps, job, structure), progress, plan.reason);
  if (link?.code === '') {
    progress.step = 'mint';
    throw new Error('no link can be minted');
  }
  const splices = mergeSplices(plan.splices, controlHeaderSplices(structure));
  await assertSendable(job, splices);
  return {
    splices,
    verdict: progress.verdict,
    action: 'inserted',
    reason: null,
    ranges: insertedRanges(splices),
    link,
    signedBy: null,
    labels: progress.labels,
    excerpt: undefined,
  };
}

/** The link that the message is to carry; with an empty code where none can be had. */
function linkFor(
  { deps, code = '' }: PrepareParts,
  job: RelayJob,
  view: MessageView,
  decision: Decision,
): PlannedLink | undefined {
  if (decision.kind !== 'candidate-link') return undefined;
  const recipient = addressOf(decision.recipient);
  const mintKey = deps.keys.hash('mint', view.messageId ?? job.message.contentHash, recipient);
  return { code, recipient, mintKey };
}

function linkBases({ config }: Deps, company: Company): string[] {
  return company.linkHost ? [config.linkBaseUrl, `https://${company.linkHost}`] : [config.linkBaseUrl];
}

function labelsOf({ control }: MessageView): Labels {
  return { job: control.job, stage: control.stage, source: control.source, externalId: control.candidate };
}

function untouched(splices: readonly Splice[], progress: Progress, reason: string): Prepared {
  const ranges = insertedRanges(splices);
  const { verdict, labels, excerpt } = progress;
  return {
    splices,
    verdict,
    action: 'untouched',
    reason,
    ranges,
    link: undefined,
    signedBy: null,
    labels,
    excerpt,
  };
}

/** Takes our control headers out; where even that fails the original goes out as it is. */
async function cleaned(
  deps: Deps,
  job: RelayJob,
  structure: MimeStructure | undefined,
): Promise<readonly Splice[]> {
  try {
    const splices = structure ? controlHeaderSplices(structure) : [];
    if (splices.length > 0) await assertSendable(job, splices);
    return splices;
  } catch (error) {
    deps.events.relayFault('clean', error);
    return [];
  }
}

/** Goes through the message as it would leave: what the way out would refuse must be found while there is a choice. */
async function assertSendable(job: RelayJob, splices: readonly Splice[]): Promise<void> {
  const lineEnds = createLineEndCheck();
  const { spill } = job.message;
  let size = 0;
  const look = (chunk: Buffer) => {
    size += chunk.length;
    lineEnds.push(chunk);
  };
  const content = spliced(spill.content(), splices);
  if (isInMemory(content)) content.forEach(look);
  else for await (const chunk of content) look(chunk);
  if (lineEnds.isBroken(true)) throw new Error('an insertion breaks a line end');
  if (size > spill.size() + GROWTH) throw new Error('an insertion grows the message too much');
}
