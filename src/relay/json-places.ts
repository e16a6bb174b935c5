/** Where a JSON value stands in its text: offsets of bytes. */
export type Place = Readonly<{ from: number; to: number }>;

/** The text is not what a step expects there: no object, no list, broken off, or a key twice. */
export class JsonShapeError extends Error {}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const [BRACE, BRACE_END, BRACKET, BRACKET_END, COMMA, COLON] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x3a];

/**
 * The members of an object, by key, with the places of their values. What lies deeper is passed over, not checked.
 * @throws JsonShapeError where there is no object, or a key is there twice: readers disagree which counts (RFC 8259 §4)
 */
export function membersOf(json: Buffer, { from }: Place): Map<string, Place> {
  const members = new Map<string, Place>();
  let at = expect(json, skipBlanks(json, from), BRACE);
  at = skipBlanks(json, at);
  if (json[at] === BRACE_END) return members;
  for (;;) {
    const keyEnd = endOfString(json, at);
    const key = textOf(json, { from: at, to: keyEnd });
    const value = valueAt(json, expect(json, skipBlanks(json, keyEnd), COLON));
    if (members.has(key)) throw new JsonShapeError(`a key is there twice`);
    members.set(key, value);
    at = skipBlanks(json, value.to);
    if (json[at] === BRACE_END) return members;
    at = skipBlanks(json, expect(json, at, COMMA));
  }
}

/** The places of a list's items. @throws JsonShapeError where there is no list */
export function itemsOf(json: Buffer, { from }: Place): Place[] {
  const items: Place[] = [];
  let at = expect(json, skipBlanks(json, from), BRACKET);
  at = skipBlanks(json, at);
  if (json[at] === BRACKET_END) return items;
  for (;;) {
    const item = valueAt(json, at);
    items.push(item);
    at = skipBlanks(json, item.to);
    if (json[at] === BRACKET_END) return items;
    at = skipBlanks(json, expect(json, at, COMMA));
  }
}

/** The value that begins at an offset, blanks before it passed over. @throws JsonShapeError */
export function valueAt(json: Buffer, offset: number): Place {
  const from = skipBlanks(json, offset);
  if (json[from] === QUOTE) return { from, to: endOfString(json, from) };
  return { from, to: OPEN.has(json[from]!) ? endOfContainer(json, from) : endOfScalar(json, from) };
}

/** The value at a place. @throws JsonShapeError where it is no JSON */
export function parseAt(json: Buffer, { from, to }: Place): unknown {
  try {
    return JSON.parse(json.toString('utf8', from, to));
  } catch {
    throw new JsonShapeError('not JSON');
  }
}

function textOf(json: Buffer, place: Place): string {
  return String(parseAt(json, place));
}

function expect(json: Buffer, at: number, byte: number | undefined): number {
  if (json[at] !== byte) throw new JsonShapeError(`unexpected byte at ${at}`);
  return at + 1;
}

function skipBlanks(json: Buffer, from: number): number {
  let at = from;
  while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at += 1;
  return at;
}

/** @param from the opening quote. @returns behind the closing one: the first that no odd run of backslashes precedes */
function endOfString(json: Buffer, from: number): number {
  if (json[from] !== QUOTE) throw new JsonShapeError(`no text at ${from}`);
  for (let at = json.indexOf(QUOTE, from + 1); at >= 0; at = json.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (json[at - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  throw new JsonShapeError('a text has no end');
}

function endOfContainer(json: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; at += 1) {
    const byte = json[at]!;
    if (byte === QUOTE) at = endOfString(json, at) - 1;
    else if (OPEN.has(byte)) depth += 1;
    else if (CLOSE.has(byte)) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  throw new JsonShapeError('a value has no end');
}

function endOfScalar(json: Buffer, from: number): number {
  let at = from;
  while (at < json.length && json[at] !== COMMA && !CLOSE.has(json[at]!) && json[at]! > 0x20) at += 1;
  if (at === from) throw new JsonShapeError(`no value at ${from}`);
  return at;
}
