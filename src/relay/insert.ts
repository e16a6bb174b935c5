import {
  asciiLines,
  type BlockLanguage,
  escapeHtml,
  htmlFragment,
  languageOf,
  type RelayBlock,
  textLines,
} from './block.js';
import { type Charset, encodeLine } from './charset.js';
import { messageObstacle, planBranches } from './insert-place.js';
import type { SkipReason } from './insert-reason.js';
import type { MimePart, MimeStructure } from './mime.js';
import { type Found, findNeedle, placeholderNeedle, urlNeedle } from './needle.js';
import { isBlank } from './newest.js';
import { editableParts, type PartText, readPart } from './part-text.js';
import { type Edit, mergeSplices, type Splice } from './splice.js';
import { holdsLink } from './view.js';

export type { SkipReason } from './insert-reason.js';

export type InsertionOptions = Readonly<{
  /** `placeholder-only` replaces what stands there and adds no block. */
  mode: 'block' | 'placeholder-only';
  /** The company's permanent URL; empty where it has none. */
  staticUrl: string;
  /** What links of ours begin with; by default what the block's own link begins with. */
  linkBaseUrls?: readonly string[];
  /** The caller takes the DKIM signatures out and signs anew: they are no obstacle. */
  resigned?: boolean;
}>;

/** What was done to one part: its path in the tree as IMAP counts (RFC 9051 §6.4.5.1: `1.2`; a lone part is `1`), and how. */
export type InsertionPlace = Readonly<{
  part: string;
  type: string;
  how: 'placeholder' | 'static-url' | 'block';
}>;

export type InsertionPlan =
  | Readonly<{ kind: 'inserted'; splices: Splice[]; places: InsertionPlace[] }>
  | Readonly<{ kind: 'skipped'; reason: SkipReason }>;

type Reading = PartText & { replaced: readonly (Found & { how: 'placeholder' | 'static-url' })[] };

/**
 * Plans where the relay link goes: placeholders and the company's static URL are replaced wherever they stand;
 * a text or HTML alternative without one gets the block at its bottom, above signature and quoted originals.
 * All alternatives or none (facts: half a message with a link is worse than none).
 * @returns splices in offsets of the original message, or the reason for leaving it alone
 */
export function planInsertion(
  structure: MimeStructure,
  block: RelayBlock,
  options: InsertionOptions,
): InsertionPlan {
  const obstacle = messageObstacle(structure, options.resigned);
  if (obstacle) return { kind: 'skipped', reason: obstacle };
  const readings = new Map<MimePart, Reading>();
  const failures = new Map<MimePart, SkipReason>();
  for (const part of editableParts(structure.root)) {
    const read = readPart(part, structure);
    if (typeof read === 'string') failures.set(part, read);
    else readings.set(part, { ...read, replaced: findReplaced(read, options.staticUrl) });
  }
  const texts = [...readings.values()];
  if (texts.some(holdsPgp)) return { kind: 'skipped', reason: 'inline-pgp' };
  const replaces = texts.some((text) => text.replaced.length > 0);
  const bases = options.linkBaseUrls ?? [block.url.slice(0, block.url.lastIndexOf('/'))];
  if (!replaces && texts.some((text) => holdsLink(text, bases)))
    return { kind: 'skipped', reason: 'already-linked' };
  if (!replaces && options.mode === 'placeholder-only') return { kind: 'skipped', reason: 'no-placeholder' };
  return planParts(
    structure,
    block,
    options,
    readings,
    failures,
    replaces && texts.some((text) => holdsLink(text, bases)),
  );
}

function planParts(
  structure: MimeStructure,
  block: RelayBlock,
  options: InsertionOptions,
  readings: ReadonlyMap<MimePart, Reading>,
  failures: ReadonlyMap<MimePart, SkipReason>,
  linked: boolean,
): InsertionPlan {
  const linksNewest = (part: MimePart) => readings.get(part)?.replaced.some((one) => !one.quoted) ?? false;
  const blank = (part: MimePart) => readings.get(part)?.lines.every(isBlank) ?? false;
  const branches = planBranches(structure.root, linksNewest, blank);
  const targets = new Set(options.mode === 'block' && !linked ? branches.targets : []);
  if (targets.size === 0 && ![...readings.values()].some((text) => text.replaced.length > 0)) {
    return { kind: 'skipped', reason: 'no-text-part' };
  }
  const failure = [...targets].map((part) => failures.get(part)).find((reason) => reason !== undefined);
  if (failure) return { kind: 'skipped', reason: failure };
  const japanese = [...readings.values()].some((text) => languageOf(text.unicode()) === 'ja');
  const language = japanese ? 'ja' : 'en';
  const splices: Splice[] = [];
  const places: InsertionPlace[] = [];
  for (const [part, text] of readings) {
    const edits = text.replaced.flatMap((found) => replacement(found, block.url));
    if (targets.has(part)) {
      const edit = blockEdit(text, block, language, structure.eol);
      if (typeof edit === 'string') return { kind: 'skipped', reason: edit };
      edits.push(edit);
    }
    if (edits.length === 0) continue;
    if (text.replaced.some((found) => opensTag(text, found))) return { kind: 'skipped', reason: 'malformed' };
    if (text.body.bytes === part.raw && passesLineLimit(text.latin, edits)) {
      return { kind: 'skipped', reason: 'line-too-long' };
    }
    edits.sort((one, other) => one.from - other.from || one.to - other.to);
    splices.push(
      ...text.body.toSplices(edits).map((splice) => ({ ...splice, at: splice.at + part.bodyStart })),
    );
    places.push({
      part: pathOf(structure.root, part),
      type: part.type,
      how: text.replaced[0]?.how ?? 'block',
    });
  }
  return { kind: 'inserted', splices: mergeSplices(splices), places };
}

function findReplaced(text: PartText, staticUrl: string): Reading['replaced'] {
  const placeholders = findNeedle(text, placeholderNeedle()).map((one) => ({
    ...one,
    how: 'placeholder' as const,
  }));
  if (staticUrl === '') return placeholders;
  return [
    ...placeholders,
    ...findNeedle(text, urlNeedle(staticUrl)).map((one) => ({ ...one, how: 'static-url' as const })),
  ];
}

/** A bare `<` in front of a placeholder is text; in front of a letter it would begin a tag (HTML §13.2.5.6). */
function opensTag(text: Reading, found: Found): boolean {
  return text.outline !== undefined && text.latin[found.ranges[0]!.from - 1] === '<';
}

/** RFC 5322 §2.1.1: 998 octets; a line that is longer already is not ours to judge. */
const LONGEST_LINE = 998;

function passesLineLimit(latin: string, edits: readonly Edit[]): boolean {
  const lengths = new Map<number, number>();
  for (const { from, to, insert } of edits) {
    if (insert.includes(10)) continue;
    const before = latin.slice(Math.max(0, from - LONGEST_LINE), from);
    const after = /^[^\r\n]*/.exec(latin.slice(to, to + LONGEST_LINE))![0];
    const column = before.length - 1 - before.lastIndexOf('\n');
    const start = from - column;
    const written = column + (to - from) + after.length;
    if (written > LONGEST_LINE) continue;
    const length = (lengths.get(start) ?? written) + insert.length - (to - from);
    if (length > LONGEST_LINE) return true;
    lengths.set(start, length);
  }
  return false;
}

function holdsPgp(text: PartText): boolean {
  return text.latin.includes('-----BEGIN PGP ') && /(^|[\n>])-----BEGIN PGP /.test(text.latin);
}

function replacement(found: Found, url: string): Edit[] {
  const written =
    found.context === 'text'
      ? url
      : escapeHtml(found.context === 'url-parameter' ? encodeURIComponent(url) : url);
  return found.ranges.map(({ from, to }, index) => ({
    from,
    to,
    insert: Buffer.from(index === 0 ? written : '', 'utf8'),
  }));
}

function blockEdit(
  text: Reading,
  block: RelayBlock,
  language: BlockLanguage,
  eol: string,
): Edit | SkipReason {
  if (text.charset.kind === 'unsafe') return 'unsafe-charset';
  return text.outline ? htmlEdit(text, block, language, eol) : plainEdit(text, block, language, eol);
}

function htmlEdit(text: Reading, block: RelayBlock, language: BlockLanguage, eol: string): Edit | SkipReason {
  const above = text.lines.slice(text.newest).find((line) => line.at !== undefined);
  const at = above?.at ?? text.outline!.end;
  if (at === undefined) return 'malformed';
  if (text.masked.stateAt(at) !== 'ascii') return 'unsafe-charset';
  const ascii = !text.body.eightBit || text.charset.kind !== 'utf-8' || !text.charset.truthful;
  return { from: at, to: at, insert: Buffer.from(htmlFragment(block, language, eol, ascii), 'utf8') };
}

/** Below the last line of the newest text, an empty line between; behind a flowed line (RFC 3676 §4.2) two. */
function plainEdit(
  text: Reading,
  block: RelayBlock,
  language: BlockLanguage,
  eol: string,
): Edit | SkipReason {
  let line = text.newest;
  while (line > 0 && isBlank(text.lines[line - 1]!)) line -= 1;
  const at = text.lines[line]?.start ?? text.latin.length;
  if (text.masked.stateAt(at) !== 'ascii') return 'unsafe-charset';
  const opened = at > 0 && text.latin[at - 1] !== '\n';
  const flows =
    text.part.parameters.format?.toLowerCase() === 'flowed' && text.lines[line - 1]?.text.endsWith(' ');
  const head = (opened ? eol : '') + (line > 0 ? eol : '') + (flows ? eol : '');
  const rest = text.latin.slice(at);
  const tail = rest === '' && opened ? '' : /^\r?\n/.test(rest) || rest === '' ? eol : eol + eol;
  const encoded = encodeBlock(text.charset, block, language, eol);
  const fits = encoded && (text.body.eightBit || encoded.every((byte) => byte < 0x80));
  const lines = fits ? encoded : Buffer.from(asciiLines(block).join(eol), 'latin1');
  return { from: at, to: at, insert: Buffer.concat([Buffer.from(head), lines, Buffer.from(tail)]) };
}

/** The lines around the link are the same for every message. */
function encodeBlock(
  charset: Charset,
  block: RelayBlock,
  language: BlockLanguage,
  eol: string,
): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (const line of textLines(block, language)) {
    const bytes = line === block.url ? Buffer.from(line, 'latin1') : encodeLine(charset, line);
    if (!bytes) return undefined;
    if (pieces.length > 0) pieces.push(Buffer.from(eol, 'latin1'));
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}

function pathOf(root: MimePart, part: MimePart): string {
  const path = find(root, part);
  return path?.length ? path.join('.') : '1';
}

function find(root: MimePart, part: MimePart): number[] | undefined {
  if (root === part) return [];
  for (const [index, child] of root.children.entries()) {
    const below = find(child, part);
    if (below) return [index + 1, ...below];
  }
  return undefined;
}

/** Removes every X-Career-Relay* header field, whole with its folded lines; for every forwarded message. */
export function controlHeaderSplices(structure: MimeStructure): Splice[] {
  return structure.root.fields
    .filter((field) => field.key.startsWith('x-career-relay'))
    .map((field) => ({ at: field.start, remove: field.end - field.start, insert: Buffer.alloc(0) }));
}
