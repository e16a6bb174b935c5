import { type BlockLanguage, languageOf } from './block.js';
import { automaticKind } from './insert-place.js';
import type { MimePart, MimeStructure } from './mime.js';
import { decodeWords, headerField } from './mime-header.js';
import { findNeedle, linkNeedle, placeholderNeedle, urlNeedle } from './needle.js';
import { editableParts, type PartText, readPart } from './part-text.js';

/** What the sender asks for in X-Career-Relay* header fields (contract, mail). */
export type MessageControl = Readonly<{
  action?: 'insert' | 'skip';
  job?: string;
  stage?: string;
  source?: string;
  candidate?: string;
}>;

/** A message as the classifier and the journal see it: decoded, newest text only. */
export type MessageView = Readonly<{
  subject: string;
  from: string;
  to: string[];
  messageId: string | undefined;
  /** Auto-Submitted is there and not `no` (RFC 3834 §5). */
  autoSubmitted: boolean;
  isReport: boolean;
  listUnsubscribe: boolean;
  dkimSigned: boolean;
  /** Newest text of the plain part, without quotes and signature; empty if there is none. */
  text: string;
  /** What a person sees of the HTML part, without quotes and signature. */
  htmlText: string;
  hasPlaceholder: boolean;
  hasStaticUrl: boolean;
  /** A link of ours stands outside quoted text. */
  alreadyLinked: boolean;
  control: MessageControl;
}>;

/** What is ours: what links begin with, and the company's permanent URL (empty where there is none). */
export type OurUrls = Readonly<{ linkBaseUrls: readonly string[]; staticUrl: string }>;

/** Reads a scanned message for people and for the classifier. Pure; never throws on what mails contain. */
export function readView(structure: MimeStructure, ours: OurUrls): MessageView {
  const { fields } = structure.root;
  const texts = editableParts(structure.root).flatMap((part) => readable(part, structure));
  const value = (key: string) => decodeWords(headerField(fields, key)?.value ?? '');
  return {
    subject: value('subject'),
    from: value('from'),
    to: fields
      .filter((field) => field.key === 'to')
      .flatMap((field) => splitAddresses(decodeWords(field.value))),
    messageId: headerField(fields, 'message-id')?.value || undefined,
    autoSubmitted: automaticKind(structure) !== undefined,
    isReport: structure.root.type === 'multipart/report',
    listUnsubscribe: headerField(fields, 'list-unsubscribe') !== undefined,
    dkimSigned: headerField(fields, 'dkim-signature') !== undefined,
    text: newestText(texts.filter((text) => !text.outline)),
    htmlText: newestText(texts.filter((text) => text.outline)),
    hasPlaceholder: texts.some((text) => findNeedle(text, placeholderNeedle()).length > 0),
    hasStaticUrl:
      ours.staticUrl !== '' && texts.some((text) => findNeedle(text, urlNeedle(ours.staticUrl)).length > 0),
    alreadyLinked: texts.some((text) => holdsLink(text, ours.linkBaseUrls)),
    control: readControl(structure),
  };
}

/** The language that a person reads in a mail; undefined where it has no text. */
export function languageIn({
  text,
  htmlText,
}: Pick<MessageView, 'text' | 'htmlText'>): BlockLanguage | undefined {
  const read = text || htmlText;
  return read === '' ? undefined : languageOf(read);
}

function readable(part: MimePart, structure: MimeStructure): PartText[] {
  const read = readPart(part, structure);
  return typeof read === 'string' ? [] : [read];
}

/** Whether a link of ours stands in a part outside what it quotes. */
export function holdsLink(text: PartText, bases: readonly string[]): boolean {
  return bases.some((base) => findNeedle(text, linkNeedle(base)).some((found) => !found.quoted));
}

function newestText(texts: readonly PartText[]): string {
  return texts
    .map((text) =>
      text.lines
        .slice(0, text.newest)
        .filter((line) => !line.quoted)
        .map((line) => line.text.trimEnd())
        .join('\n')
        .replace(/\n{3,}/g, '\n\n')
        .trim(),
    )
    .filter((text) => text !== '')
    .join('\n\n');
}

const CLOSING: Readonly<Record<string, string>> = { '"': '"', '(': ')', '<': '>' };

/** Splits an address list at its commas, but not inside quotes, comments or angle brackets (RFC 5322 §3.4). */
function splitAddresses(list: string): string[] {
  const items: string[] = [];
  let from = 0;
  let until = '';
  for (let at = 0; at < list.length; at += 1) {
    const char = list[at]!;
    if (char === '\\') at += 1;
    else if (until !== '') until = char === until ? '' : until;
    else if (char === ',') {
      items.push(list.slice(from, at));
      from = at + 1;
    } else until = CLOSING[char] ?? '';
  }
  return [...items, list.slice(from)].map((item) => item.trim()).filter((item) => item !== '');
}

function readControl(structure: MimeStructure): MessageControl {
  const value = (name: string) => {
    const field = headerField(structure.root.fields, name);
    return field ? decodeWords(field.value).trim() : '';
  };
  const action = value('x-career-relay').toLowerCase();
  const job = value('x-career-relay-job');
  const stage = value('x-career-relay-stage');
  const source = value('x-career-relay-source');
  const candidate = value('x-career-relay-candidate');
  return {
    ...((action === 'insert' || action === 'skip') && { action }),
    ...(job && { job }),
    ...(stage && { stage }),
    ...(source && { source }),
    ...(candidate && { candidate }),
  };
}
