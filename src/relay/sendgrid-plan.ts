import type { Labels } from '../link/mint.js';
import { classifyMessage, type Verdict } from './classify.js';
import { readContents } from './contents.js';
import { decide, isAskedAbout } from './decide.js';
import { type Excerpt, excerptOf } from './excerpt.js';
import { PLACEHOLDER } from './needle.js';
import { controlOf, withoutControl } from './sendgrid-control.js';
import type { Personalization, SendgridMail } from './sendgrid-mail.js';
import type { SendgridReason, SendgridRules, Written } from './sendgrid-rules.js';
import { writeTexts } from './sendgrid-texts.js';
import { addMembers, fitsSubstitutions } from './sendgrid-write.js';
import { mergeSplices, type Splice } from './splice.js';
import { languageIn, type MessageView } from './view.js';

/** What is decided of one personalization; an own link goes to a single address only. */
export type Treatment = Readonly<{
  verdict: Verdict;
  labels: Labels;
  link: 'candidate' | 'static' | 'none';
  /** null where the link is known to be in the mail. */
  reason: SendgridReason | null;
  /** Of a mail that a person is to be asked about. */
  excerpt?: Excerpt;
}>;

export type SendgridPlan = Readonly<{ treatments: readonly Treatment[]; splices: readonly Splice[] }>;

/**
 * Decides for each personalization and plans the request as it goes out. Pure but for `newTag`.
 * @param urls the link of each personalization, should it be given one
 */
export function planSendgridMail(
  mail: SendgridMail,
  rules: SendgridRules,
  urls: readonly string[],
): SendgridPlan {
  const read = readContents(mail.template === 'dynamic' ? { ...mail, contents: [] } : mail, rules);
  if (read === 'malformed') return untouchedPlan(mail, 'malformed');
  const judged = mail.personalizations.map((one) => judge(mail, one, read.view, rules));
  const wanted = mail.personalizations.map((_, index) => urlFor(judged[index]!, urls[index]!, rules));
  const written = write();
  if (written.kind === 'written') {
    return { treatments: judged, splices: mergeSplices(written.splices, withoutControl(mail)) };
  }
  return withoutLinks(mail, judged, written.reason);

  function write(): Written {
    if (wanted.every((url) => url === undefined)) return { kind: 'written', splices: [] };
    if (read === 'malformed') return { kind: 'skipped', reason: 'malformed' };
    switch (mail.template) {
      case 'none':
        return writeTexts(mail, read, wanted, rules);
      case 'dynamic':
        return writeTemplateData(mail, wanted);
      case 'legacy':
        return writeTemplateTags(mail, wanted);
    }
  }
}

const UNJUDGED: Verdict = { verdict: 'unsure', cues: [], rulesVersion: 0 };

/** Everything as it came, but for our control fields. */
export function untouchedPlan(mail: SendgridMail, reason: SendgridReason): SendgridPlan {
  const treatments = mail.personalizations.map((one) => ({
    verdict: UNJUDGED,
    labels: controlOf(mail, one).labels,
    link: 'candidate' as const,
    reason,
  }));
  return withoutLinks(mail, treatments, reason);
}

/** What was decided stands, but whoever was to get a link gets none, for this reason. */
export function withoutLinks(
  mail: SendgridMail,
  treatments: readonly Treatment[],
  reason: SendgridReason,
): SendgridPlan {
  return {
    treatments: treatments.map((one) => (one.link === 'none' ? one : { ...one, link: 'none', reason })),
    splices: withoutControl(mail),
  };
}

/** What is said of a request that could not be read. */
export const UNREAD: Treatment = { verdict: UNJUDGED, labels: {}, link: 'none', reason: 'malformed' };

function urlFor({ link }: Treatment, own: string, { staticUrl }: SendgridRules): string | undefined {
  switch (link) {
    case 'candidate':
      return own;
    case 'static':
      return staticUrl;
    case 'none':
      return undefined;
  }
}

/** A template names itself where the sender does not: rules for a template are for either name. */
function controlAs(
  { templateId }: SendgridMail,
  action: 'insert' | 'skip' | undefined,
  { job, stage, source = templateId || undefined }: Labels,
): MessageView['control'] {
  return {
    ...(action && { action }),
    ...(job && { job }),
    ...(stage && { stage }),
    ...(source && { source }),
  };
}

function judge(mail: SendgridMail, one: Personalization, read: MessageView, rules: SendgridRules): Treatment {
  const { action, labels } = controlOf(mail, one);
  const view: MessageView = {
    ...read,
    subject: one.subject ?? mail.subject,
    from: mail.from,
    to: [...one.addresses],
    control: controlAs(mail, action, labels),
  };
  const verdict = classifyMessage(view, rules.policy, rules.companyRules);
  const recipients = one.addresses.map((address) => `<${address}>`);
  const decision = decide(
    view,
    verdict,
    rules.policy,
    { from: `<${mail.from}>`, recipients },
    rules.exclusions,
  );
  const refused = decision.kind === 'untouched' ? decision.reason : undefined;
  const excerpt = isAskedAbout(verdict, decision) ? excerptOf(view) : undefined;
  const base = {
    verdict,
    labels: { ...labels, language: languageIn(read) },
    ...(excerpt && { excerpt }),
  };
  if (mail.template !== 'none') return { ...base, ...treatTemplate(mail, one, verdict, refused) };
  if (refused && refused !== 'several-recipients') return { ...base, link: 'none', reason: refused };
  // Colleagues in copy too: they all read the same text.
  if (one.addresses.length === 1) return { ...base, link: 'candidate', reason: null };
  if (view.hasPlaceholder) return { ...base, link: 'static', reason: null };
  return { ...base, link: 'none', reason: 'several-recipients' };
}

/**
 * A template may hold the placeholder, which would show as nothing: it is always served, unless the sender or the policy
 * says no. Whether a candidate sees it only the sender knows, and says so by the control field.
 */
function treatTemplate(
  { template }: SendgridMail,
  { addresses, hasRelayUrl, substitutions }: Personalization,
  { cues }: Verdict,
  refused: SendgridReason | undefined,
): Pick<Treatment, 'link' | 'reason'> {
  const unseen: readonly unknown[] = ['not-a-rejection', 'unsure', 'policy-explicit', 'several-recipients'];
  if (refused && !unseen.includes(refused)) return { link: 'none', reason: refused };
  const taken = template === 'dynamic' ? hasRelayUrl : PLACEHOLDER in substitutions;
  if (taken) return { link: 'none', reason: 'already-linked' };
  const isVouchedFor = cues.some(({ where, weight }) => where !== 'policy' && weight >= VOUCHED);
  if (addresses.length === 1) return { link: 'candidate', reason: isVouchedFor ? null : 'template-unseen' };
  return { link: 'static', reason: isVouchedFor ? null : 'several-recipients' };
}

/** The weight of a control field or a placeholder; words weigh less. */
const VOUCHED = 100;

function writeTemplateData(mail: SendgridMail, wanted: readonly (string | undefined)[]): Written {
  const splices = mail.personalizations.flatMap(({ places: { whole, templateData } }, index) => {
    const url = wanted[index];
    if (url === undefined) return [];
    return [addMembers(mail.json, whole, 'dynamic_template_data', templateData, [['relay_url', url]])];
  });
  return { kind: 'written', splices };
}

function writeTemplateTags(mail: SendgridMail, wanted: readonly (string | undefined)[]): Written {
  const splices: Splice[] = [];
  for (const [index, one] of mail.personalizations.entries()) {
    const url = wanted[index];
    if (url === undefined) continue;
    const added = [[PLACEHOLDER, url]] as const;
    if (!fitsSubstitutions(one, added)) return { kind: 'skipped', reason: 'substitutions-full' };
    const { whole, substitutions } = one.places;
    splices.push(addMembers(mail.json, whole, 'substitutions', substitutions, added));
  }
  return { kind: 'written', splices };
}
