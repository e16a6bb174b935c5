import type { RelayBlock } from './block.js';
import { planInsertion, type SkipReason } from './insert.js';
import { type MimeStructure, scanMessage } from './mime.js';
import { editableParts, forgetTexts } from './part-text.js';
import { type Splice, spliced } from './splice.js';
import { decodeBody } from './transfer.js';
import { type MessageView, type OurUrls, readView } from './view.js';

/** One text of a mail that is not MIME yet, as mail APIs take it: `text/plain`, `text/html`, or another type. */
export type Content = Readonly<{ type: string; value: string }>;
export type AttachmentFacts = Readonly<{ type?: string; filename?: string; disposition?: string }>;

export type Contents = Readonly<{
  subject: string;
  /** Names in any case. */
  headers: Readonly<Record<string, string>>;
  contents: readonly Content[];
  attachments: readonly AttachmentFacts[];
}>;

export type ContentsPlan =
  /** The texts in their order, those that did not change too. */
  | Readonly<{ kind: 'inserted'; values: readonly string[] }>
  | Readonly<{ kind: 'skipped'; reason: SkipReason }>;

export type ContentsOptions = RelayBlock & Readonly<{ mode: 'block' | 'placeholder-only' }>;

export type ReadContents = Readonly<{
  view: MessageView;
  /** Where the link goes, by the rules of `planInsertion`. */
  plan(options: ContentsOptions): ContentsPlan;
  /** Lets go of what was read. */
  forget(): void;
}>;

/** Larger texts are left alone, as those of a MIME message are; base64 takes a third more. */
const LIMITS = { textPart: 1_500_000, textTotal: 6_000_000 };

/** What the rules read of a header section besides subject and control fields. */
const READ_HEADERS = /^(auto-submitted|list-unsubscribe|x-career-relay(-[a-z]+)?)$/i;

/**
 * Reads texts that are not MIME yet by the same rules as a message: they are laid out as one, base64 so that no line is
 * too long, and what the rules insert is read back. Pure.
 * @returns `malformed` where a text is no Unicode text (lone surrogates)
 */
export function readContents(given: Contents, ours: OurUrls): ReadContents | 'malformed' {
  if (given.contents.some(({ value }) => !isWellFormed(value))) return 'malformed';
  const message = layOut(given);
  const structure = scanMessage(message, LIMITS);
  return {
    view: { ...readView(structure, ours), subject: given.subject },
    plan({ mode, ...block }) {
      const plan = planInsertion(structure, block, { mode, ...ours });
      if (plan.kind === 'skipped') return plan;
      const values = textsOf(scanMessage(applied(message, plan.splices), LIMITS));
      let next = 0;
      return {
        kind: 'inserted',
        values: given.contents.map(({ type, value }) => (isText(type) ? (values[next++] ?? value) : value)),
      };
    },
    forget: () => forgetTexts(structure),
  };
}

function applied(message: Buffer, splices: readonly Splice[]): Buffer {
  return Buffer.concat(spliced([message], splices) as readonly Buffer[]);
}

function isWellFormed(text: string): boolean {
  return Buffer.from(text, 'utf8').toString('utf8') === text;
}

function isText(type: string): boolean {
  return /^text\/(plain|html)\s*(;|$)/i.test(type);
}

function textsOf(structure: MimeStructure): string[] {
  return editableParts(structure.root).map((part) => {
    const body = part.raw && decodeBody(part.encoding, part.raw, structure.eol);
    return body ? body.bytes.toString('utf8') : '';
  });
}

/** Boundaries that no base64 line and no header of ours can hold. */
const OUTER = '=_outer_=';
const INNER = '=_inner_=';

function layOut({ headers, contents, attachments }: Contents): Buffer {
  const eol = contents.some(({ value }) => value.includes('\r\n')) ? '\r\n' : '\n';
  const texts = contents.map((one) => contentPart(one, eol));
  const alternative = [
    `Content-Type: multipart/alternative; boundary="${INNER}"`,
    '',
    ...enclosed(INNER, texts),
  ];
  const fields = Object.entries(headers)
    .filter(([name]) => READ_HEADERS.test(name))
    .map(([name, value]) => `${name}: ${inOneLine(value)}`);
  const lines = [
    ...fields,
    `Content-Type: multipart/mixed; boundary="${OUTER}"`,
    '',
    ...enclosed(OUTER, [alternative, ...attachments.map(attachmentPart)]),
  ];
  return Buffer.from(lines.join(eol));
}

function enclosed(boundary: string, parts: readonly (readonly string[])[]): string[] {
  return [...parts.flatMap((part) => [`--${boundary}`, ...part]), `--${boundary}--`, ''];
}

function contentPart({ type, value }: Content, eol: string): string[] {
  if (!isText(type)) return [`Content-Type: ${mediaType(type)}`, '', ''];
  const base64 = Buffer.from(value, 'utf8').toString('base64');
  return [
    `Content-Type: ${mediaType(type)}; charset=utf-8`,
    'Content-Transfer-Encoding: base64',
    '',
    base64.replace(/.{76}(?=.)/g, `$&${eol}`),
  ];
}

function attachmentPart({ type = '', filename = '', disposition }: AttachmentFacts): string[] {
  const method = /;\s*(method=[a-z]+)\s*$/i.exec(type)?.[1];
  const name = filename.replace(/[^\w.-]/g, '_') || '_';
  return [
    `Content-Type: ${mediaType(type)}${method ? `; ${method}` : ''}`,
    `Content-Disposition: ${disposition === 'inline' ? 'inline' : 'attachment'}; filename="${name}"`,
    '',
    '',
  ];
}

function mediaType(type: string): string {
  return /^\s*([\w.+-]+\/[\w.+-]+)/.exec(type)?.[1]?.toLowerCase() ?? 'application/octet-stream';
}

function inOneLine(value: string): string {
  return value.replace(/[\x00-\x1f\x7f]+/g, ' ');
}
