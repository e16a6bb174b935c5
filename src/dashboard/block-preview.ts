import { staticUrlOf } from '../company/company.js';
import type { CompanyRule } from '../company/rules.js';
import type { Company } from '../company/store.js';
import type { Deps } from '../deps.js';
import { linkUrl } from '../link/mint.js';
import type { BlockWording } from '../relay/block.js';
import type { LabelExclusions } from '../relay/block-wording.js';
import { classifyMessage, type Verdict } from '../relay/classify.js';
import { type Decision, decide } from '../relay/decide.js';
import { planInsertion } from '../relay/insert.js';
import { scanMessage } from '../relay/mime.js';
import { addressIn } from '../relay/recipients.js';
import { spliced } from '../relay/splice.js';
import { type MessageView, readView } from '../relay/view.js';
import { readLetter } from './letter.js';

/** A text with what would be put into it, in one piece; `inserted` is empty where nothing is. */
export type ShownText = Readonly<{ before: string; inserted: string; after: string }>;

/** What the hook would make of a mail. */
export type BlockPreview = Readonly<{
  subject: string;
  from: string;
  verdict: Verdict;
  /** Why it would go out as it came; null where it would get its link. */
  reason: string | null;
  /** The mail with the block, wanted or not; as it came where there is no place for one. */
  text: ShownText | undefined;
  html: string | undefined;
  isShown: boolean;
}>;

export type PreviewRules = Readonly<{
  company: Company;
  wording: BlockWording;
  exclusions: LabelExclusions;
  rules: readonly CompanyRule[];
}>;

/** Stands for a candidate's code: of its letters, and no candidate's. */
const SAMPLE_CODE = 'k7mpq2xw9d';

/** Judges and plans as the hook does; a company that tries out sees what would be done once it is live. Pure. */
export function previewMail(
  { config }: Pick<Deps, 'config'>,
  message: Buffer,
  { company, wording, exclusions, rules }: PreviewRules,
): BlockPreview {
  const structure = scanMessage(message);
  const linkBaseUrls = [config.linkBaseUrl, ...(company.linkHost ? [`https://${company.linkHost}`] : [])];
  const staticUrl = staticUrlOf(config, company);
  const view = readView(structure, { linkBaseUrls, staticUrl });
  const policy = company.policy === 'shadow' ? 'auto' : company.policy;
  const verdict = classifyMessage(view, policy, rules);
  const decision = decide(view, verdict, policy, envelopeOf(view), exclusions);
  const url = linkUrl(config, SAMPLE_CODE, company.linkHost);
  const mode = decision.kind === 'static-link' ? 'placeholder-only' : 'block';
  const plan = planInsertion(
    structure,
    { url: mode === 'block' ? url : staticUrl, agency: config.agency, wording },
    { mode, staticUrl, linkBaseUrls },
  );
  const splices = plan.kind === 'inserted' ? plan.splices : [];
  const after = readLetter(Buffer.concat(spliced([message], splices) as readonly Buffer[]));
  const before = readLetter(message);
  return {
    subject: view.subject,
    from: view.from,
    verdict,
    reason: reasonOf(decision) ?? (plan.kind === 'skipped' ? plan.reason : null),
    text: after.text === undefined ? undefined : insertedIn(before.text ?? '', after.text),
    html: after.html,
    isShown: plan.kind === 'inserted',
  };
}

function reasonOf(decision: Decision): string | undefined {
  return decision.kind === 'untouched' ? decision.reason : undefined;
}

/** A sample has no envelope: its header stands in. */
function envelopeOf({ from, to }: MessageView) {
  const recipients = to.map((one) => `<${addressIn(one)}>`).filter((path) => path !== '<>');
  return {
    from: `<${addressIn(from) || 'recruit@company.example'}>`,
    recipients: recipients.length > 0 ? recipients : ['<taro@candidate.example>'],
  };
}

function insertedIn(before: string, after: string): ShownText {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at += 1;
  let end = 0;
  while (end < before.length - at && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const to = after.length - end;
  return { before: after.slice(0, at), inserted: after.slice(at, to), after: after.slice(to) };
}
