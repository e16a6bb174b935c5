/** MAIL or RCPT as the client wrote it: the path with its brackets, and the parameters. latin1, byte for byte. */
export type EnvelopeCommand = Readonly<{ path: string; parameters: readonly string[] }>;

export type EnvelopeParse =
  | Readonly<{ kind: 'parsed'; command: EnvelopeCommand }>
  | Readonly<{ kind: 'bad-path' }>
  | Readonly<{ kind: 'bad-parameter' }>;

const PARAMETER = /^[A-Za-z0-9][A-Za-z0-9-]*(=[\x21-\x3c\x3e-\x7e\x80-\xff][\x21-\x7e\x80-\xff]*)?$/;
const HEADS = { 'MAIL FROM': /^MAIL FROM:\s*/i, 'RCPT TO': /^RCPT TO:\s*/i };
/** Longer than any address (RFC 5321 §4.5.3.1.3 has 256 octets), short enough to log nowhere. */
const LONGEST_PATH = 1_000;

/** Where the path ends: the first `>` outside a quoted string; -1 when there is none. */
function endOfPath(text: string): number {
  let quoted = false;
  for (let at = 1; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '\\' && quoted) at += 1;
    else if (letter === '"') quoted = !quoted;
    else if (!quoted && (letter === '<' || letter === ' ')) return -1;
    else if (!quoted && letter === '>') return at;
  }
  return -1;
}

/**
 * Splits `MAIL FROM:<a@b> SIZE=1` (RFC 5321 §4.1.1.2, §4.1.1.3) without judging the address: `taro..yamada@docomo.ne.jp`
 * breaks the grammar and is somebody's address. Upstream decides.
 * @param line the command, latin1, without CRLF
 * @param verb `MAIL FROM` or `RCPT TO`
 */
export function parseEnvelopeCommand(line: string, verb: 'MAIL FROM' | 'RCPT TO'): EnvelopeParse {
  const head = HEADS[verb].exec(line);
  const text = head ? line.slice(head[0].length) : '';
  const end = text.startsWith('<') ? endOfPath(text) : -1;
  if (end < 0 || end > LONGEST_PATH || /[\0-\x1f\x7f]/.test(text)) return { kind: 'bad-path' };
  const path = text.slice(0, end + 1);
  const rest = text.slice(end + 1);
  if (rest !== '' && !rest.startsWith(' ')) return { kind: 'bad-path' };
  const parameters = rest.split(' ').filter((parameter) => parameter !== '');
  if (!parameters.every((parameter) => PARAMETER.test(parameter))) return { kind: 'bad-parameter' };
  const names = parameters.map((parameter) => nameOf(parameter));
  if (new Set(names).size !== names.length) return { kind: 'bad-parameter' };
  return { kind: 'parsed', command: { path, parameters } };
}

/** `size=1` → `SIZE`. */
export function nameOf(parameter: string): string {
  return parameter.split('=', 1)[0]!.toUpperCase();
}
