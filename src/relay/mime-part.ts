import {
  decodeWords,
  type HeaderField,
  headerField,
  parseHeaderSection,
  parseParameters,
} from './mime-header.js';

/** What is wrong with a message, as a closed set; insertion decides which of them it can live with. */
export type MimeDefect =
  | 'ambiguous-boundary'
  | 'bad-content-type'
  | 'boundary-never-seen'
  | 'duplicate-mime-header'
  | 'header-garbage'
  | 'header-too-large'
  | 'header-unterminated'
  | 'no-boundary'
  | 'too-deep'
  | 'too-many-parts'
  | 'unclosed-multipart';

/** One part. Offsets are bytes of the message; the line end before a delimiter belongs to the delimiter. */
export type MimePart = {
  headerStart: number;
  bodyStart: number;
  bodyEnd: number;
  fields: readonly HeaderField[];
  /** `type/subtype` in lower case. */
  type: string;
  /** Parameters of Content-Type, names in lower case. */
  parameters: Readonly<Record<string, string>>;
  /** Content-Transfer-Encoding in lower case; `7bit` where none is named (RFC 2045 §6.1). */
  encoding: string;
  charset: string | undefined;
  disposition: string | undefined;
  filename: string | undefined;
  /** text/plain or text/html that a person reads in place: no attachment, no file name. */
  editable: boolean;
  /** The body as it stands in the message, for editable parts within the limits. */
  raw: Buffer | undefined;
  tooLarge: boolean;
  children: readonly MimePart[];
  defects: readonly MimeDefect[];
};

export type MimeStructure = Readonly<{
  root: MimePart;
  /** Bytes of the whole message. */
  size: number;
  /** The message's own line end, as its first line has it. */
  eol: string;
  defects: readonly MimeDefect[];
}>;

/** A part of which nothing has been read. */
export function emptyPart(at: number, type: string): MimePart {
  return {
    headerStart: at,
    bodyStart: at,
    bodyEnd: at,
    fields: [],
    type,
    parameters: {},
    encoding: '7bit',
    charset: undefined,
    disposition: undefined,
    filename: undefined,
    editable: false,
    raw: undefined,
    tooLarge: false,
    children: [],
    defects: [],
  };
}

/** Reads a header section into a part without body; offsets as in `MimePart`. */
export function describePart(
  header: Buffer,
  headerStart: number,
  bodyStart: number,
  defaultType: string,
): MimePart {
  const { fields, garbage } = parseHeaderSection(header, headerStart);
  const defects: MimeDefect[] = garbage ? ['header-garbage'] : [];
  const content = contentType(fields, defaultType, defects);
  const { disposition, filename } = contentDisposition(fields, content.parameters);
  if (repeats(fields, 'content-transfer-encoding')) defects.push('duplicate-mime-header');
  const encoding = headerField(fields, 'content-transfer-encoding')?.value ?? '7bit';
  const readable = content.type === 'text/plain' || content.type === 'text/html';
  return {
    headerStart,
    bodyStart,
    bodyEnd: bodyStart,
    fields,
    type: content.type,
    parameters: content.parameters,
    encoding: parseParameters(encoding).token,
    charset: content.parameters.charset,
    disposition,
    filename,
    editable: readable && disposition !== 'attachment' && filename === undefined,
    raw: undefined,
    tooLarge: false,
    children: [],
    defects,
  };
}

function contentType(fields: readonly HeaderField[], defaultType: string, defects: MimeDefect[]) {
  const field = headerField(fields, 'content-type');
  if (!field || field.value === '') return { type: defaultType, parameters: {} };
  if (repeats(fields, 'content-type')) defects.push('duplicate-mime-header');
  const { token, parameters } = parseParameters(field.value);
  const type = token
    .split('/')
    .map((part) => part.trim())
    .join('/');
  if (/^[^\s/]+\/[^\s/]+$/.test(type)) return { type, parameters };
  defects.push('bad-content-type');
  return { type: 'text/plain', parameters };
}

function contentDisposition(fields: readonly HeaderField[], content: Readonly<Record<string, string>>) {
  const field = headerField(fields, 'content-disposition');
  const parsed = field ? parseParameters(field.value) : undefined;
  const name = parsed?.parameters.filename ?? content.name;
  return {
    disposition: parsed?.token || undefined,
    filename: name === undefined ? undefined : decodeWords(name),
  };
}

function repeats(fields: readonly HeaderField[], key: string): boolean {
  let seen = false;
  for (const field of fields) {
    if (field.key !== key) continue;
    if (seen) return true;
    seen = true;
  }
  return false;
}

/** Every part of a tree, parents before children. */
export function allParts(root: MimePart): MimePart[] {
  return [root, ...root.children.flatMap(allParts)];
}
