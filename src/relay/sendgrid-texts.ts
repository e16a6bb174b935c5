import { htmlFragment, textLines } from './block.js';
import type { ReadContents } from './contents.js';
import type { SendgridMail } from './sendgrid-mail.js';
import type { SendgridReason, SendgridRules, Written } from './sendgrid-rules.js';
import { addMembers, fitsSubstitutions, type Pair, replaceValue } from './sendgrid-write.js';
import type { Splice } from './splice.js';

/** The texts as they go out, and what each personalization has substituted in them. */
type Draft = Readonly<{
  values: readonly string[];
  pairs: (url: string | undefined) => readonly Pair[];
}>;

/**
 * Puts links into the texts of a request. A lone personalization has its own link in them; several share the texts, so
 * that a tag stands there and one substitution a personalization says what it means. Where somebody gets no link the tag
 * stands for the whole block, and means nothing for him.
 * @param wanted the link of each personalization; undefined: none
 */
export function writeTexts(
  mail: SendgridMail,
  read: ReadContents,
  wanted: readonly (string | undefined)[],
  rules: SendgridRules,
): Written {
  const tags = [rules.newTag(), rules.newTag()] as const;
  const alone = wanted.length === 1;
  const draft = alone
    ? draftAlone(mail, read, wanted[0]!, rules)
    : draftShared(mail, read, wanted, tags, rules);
  if (typeof draft === 'string') return { kind: 'skipped', reason: draft };
  if (collides(mail, wanted, alone ? [] : tags, rules)) return { kind: 'skipped', reason: 'tag-collision' };
  const splices: Splice[] = mail.contents.flatMap(({ value, place }, index) =>
    draft.values[index] === value ? [] : [replaceValue(place, draft.values[index])],
  );
  for (const [index, one] of mail.personalizations.entries()) {
    const pairs = draft.pairs(wanted[index]);
    if (pairs.length === 0) continue;
    if (!fitsSubstitutions(one, pairs)) return { kind: 'skipped', reason: 'substitutions-full' };
    const { whole, substitutions } = one.places;
    splices.push(addMembers(mail.json, whole, 'substitutions', substitutions, pairs));
  }
  return { kind: 'written', splices };
}

function draftAlone(
  mail: SendgridMail,
  read: ReadContents,
  url: string,
  { agency, wording }: SendgridRules,
): Draft | SendgridReason {
  const mode = mail.personalizations[0]!.addresses.length === 1 ? 'block' : 'placeholder-only';
  const plan = read.plan({ url, agency, wording, mode });
  if (plan.kind === 'skipped') return plan.reason;
  return { values: plan.values, pairs: () => [] };
}

function draftShared(
  { contents, personalizations }: SendgridMail,
  read: ReadContents,
  wanted: readonly (string | undefined)[],
  [tag, encodedTag]: readonly [string, string],
  { agency, wording }: SendgridRules,
): Draft | SendgridReason {
  const shared = personalizations.some(
    (one, index) => wanted[index] !== undefined && one.addresses.length > 1,
  );
  // An address, so that it is written where one is: encoded in the parameter of another.
  const stand = `https://${tag}`;
  const plan = read.plan({ url: stand, agency, wording, mode: shared ? 'placeholder-only' : 'block' });
  if (plan.kind === 'skipped') return plan.reason;
  if (wanted.includes(undefined)) {
    if (read.view.hasPlaceholder || read.view.hasStaticUrl) return 'mixed-request';
    return draftMixed(
      contents.map(({ value }) => value),
      plan.values,
      stand,
      [tag, encodedTag],
    );
  }
  const isEncoded = plan.values.some((value) => value.includes(encodeURIComponent(stand)));
  const values = plan.values.map((value) =>
    value.replaceAll(stand, tag).replaceAll(encodeURIComponent(stand), encodedTag),
  );
  const pairs = (url: string | undefined): Pair[] => [
    [tag, url!],
    ...(isEncoded ? [[encodedTag, encodeURIComponent(url!)] as const] : []),
  ];
  return { values, pairs };
}

/** A tag for the block in each text; texts that got none stay as they are. */
function draftMixed(
  before: readonly string[],
  after: readonly string[],
  stand: string,
  [tag, other]: readonly [string, string],
): Draft {
  const blocks = before.map((value, index) => insertionOf(value, after[index]!));
  const changed = blocks.flatMap((block, index) => (block.text === '' ? [] : [index]));
  // At most one plain text and one HTML text of a mail are shown; a third has no tag left and stays.
  const tagOf = (index: number) => [tag, other][changed.indexOf(index)];
  const values = before.map((value, index) => {
    const { at } = blocks[index]!;
    return `${value.slice(0, at)}${tagOf(index) ?? ''}${value.slice(at)}`;
  });
  const pairs = (url: string | undefined) =>
    changed.slice(0, 2).map((index): Pair => {
      const text = url === undefined ? '' : blocks[index]!.text.replaceAll(stand, url);
      return [tagOf(index)!, text];
    });
  return { values, pairs };
}

/** What was put into a text, in one piece. */
function insertionOf(before: string, after: string): Readonly<{ at: number; text: string }> {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at += 1;
  return { at, text: after.slice(at, after.length - (before.length - at)) };
}

/** Whether SendGrid would replace a tag of the sender's in what we insert, or ours in what the sender wrote. */
function collides(
  mail: SendgridMail,
  wanted: readonly (string | undefined)[],
  tags: readonly string[],
  { agency, wording }: SendgridRules,
): boolean {
  const links = [...new Set(wanted)].filter((url) => url !== undefined);
  const block = { url: '', agency, wording };
  const written = [
    ...tags,
    ...links,
    ...links.map(encodeURIComponent),
    ...textLines(block, 'ja'),
    ...textLines(block, 'en'),
    htmlFragment(block, 'ja', '\n', false),
    htmlFragment(block, 'en', '\n', false),
  ].join('\n');
  const theirs = new Set([
    ...mail.otherTags,
    ...mail.personalizations.flatMap(({ substitutions }) => Object.keys(substitutions)),
  ]);
  if ([...theirs].some((one) => one !== '' && written.includes(one))) return true;
  return tags.some((tag) => mail.json.includes(tag));
}
