import encodingJapanese from 'encoding-japanese';
import fc from 'fast-check';
import iconv from 'iconv-lite';

/** A generated message and what insertion has to do with it. */
export type GeneratedMail = Readonly<{ message: Buffer; chunk: number; text: boolean; html: boolean }>;

type Content = Readonly<{
  charset: string;
  encoding: string;
  words: readonly string[];
  placeholder: 'none' | 'placeholder' | 'static';
  tail: 'none' | 'signature' | 'quote' | 'both';
  shape: number;
  width: number;
}>;

const JAPANESE = [
  '山田 太郎 様',
  '慎重に選考を進めましたが、',
  '残念ながら今回は採用を見送らせていただきます。',
  '能力ソ表予十申貼',
  'ア①②㈱髙',
];
const ENGLISH = [
  'Dear Taro,',
  'we regret to inform you',
  'a = b {not} <one> & more',
  '.',
  'From here on',
  '--',
  '> = ?',
  '',
];

const CHARSETS: Readonly<Record<string, readonly string[]>> = {
  'us-ascii': ['7bit', 'quoted-printable', 'base64'],
  'utf-8': ['8bit', 'quoted-printable', 'base64'],
  'iso-8859-1': ['8bit', 'quoted-printable', 'base64'],
  'windows-1252': ['8bit', 'quoted-printable', 'base64'],
  'iso-2022-jp': ['7bit', 'quoted-printable', 'base64'],
  shift_jis: ['8bit', 'quoted-printable', 'base64'],
  'euc-jp': ['8bit', 'quoted-printable', 'base64'],
  gb18030: ['8bit', 'quoted-printable', 'base64'],
};
const WITHOUT_JAPANESE = new Set(['us-ascii', 'iso-8859-1', 'windows-1252']);

const charsetAndEncoding = fc
  .constantFrom(...Object.keys(CHARSETS))
  .chain((charset) => fc.tuple(fc.constant(charset), fc.constantFrom(...CHARSETS[charset]!)));

const content: fc.Arbitrary<Content> = charsetAndEncoding.chain(([charset, encoding]) =>
  fc.record({
    charset: fc.constant(charset),
    encoding: fc.constant(encoding),
    words: fc.array(fc.constantFrom(...ENGLISH, ...(WITHOUT_JAPANESE.has(charset) ? [] : JAPANESE)), {
      maxLength: 8,
    }),
    placeholder: fc.constantFrom('none', 'none', 'none', 'placeholder', 'static'),
    tail: fc.constantFrom('none', 'signature', 'quote', 'both'),
    shape: fc.nat(5),
    width: fc.constantFrom(60, 72, 76),
  }),
);

function encodeCharset(charset: string, text: string): Buffer {
  if (charset !== 'iso-2022-jp') return iconv.encode(text, charset === 'us-ascii' ? 'latin1' : charset);
  const ready = text.replace(/[①㈱髙]/g, '');
  return Buffer.from(
    encodingJapanese.convert(encodingJapanese.stringToCode(ready), { from: 'UNICODE', to: 'JIS' }),
  );
}

function quotedPrintable(bytes: Buffer, width: number, eol: string): string {
  let out = '';
  let column = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte === 10) {
      out += eol;
      column = 0;
      continue;
    }
    const before = bytes[at + 1] === 10 && (byte === 32 || byte === 9);
    const plain = byte >= 32 && byte < 127 && byte !== 61 && !before;
    const code = plain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (column + code.length >= width) {
      out += `=${eol}`;
      column = 0;
    }
    out += code;
    column += code.length;
  }
  return out;
}

function transfer(bytes: Buffer, one: Content, eol: string): Buffer {
  switch (one.encoding) {
    case 'quoted-printable':
      return Buffer.from(quotedPrintable(bytes, one.width, eol), 'latin1');
    case 'base64': {
      const canonical = Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
      return Buffer.from(
        (canonical.toString('base64').match(new RegExp(`.{1,${one.width}}`, 'g')) ?? []).join(eol),
      );
    }
    default:
      return Buffer.from(bytes.toString('latin1').replaceAll('\n', eol), 'latin1');
  }
}

function placeOf(one: Content): string {
  return one.placeholder === 'none'
    ? ''
    : one.placeholder === 'static'
      ? 'https://relay.example/c/aoba'
      : '{{relay_url}}';
}

function plainText(one: Content): string {
  const signature = ['-- ', 'Aoba Inc.', 'https://aoba.example/'];
  const quote = [
    'On Mon, 5 Jan 2026, taro@x.example wrote:',
    '> an old mail',
    '> https://go.aoba.example/r/zzzzzzzzzz',
  ];
  const lines = [...one.words.filter((word) => word !== '--')];
  if (one.placeholder !== 'none') lines.splice(lines.length >> 1, 0, `see ${placeOf(one)} please`);
  if (one.tail === 'signature' || one.tail === 'both') lines.push('', ...signature);
  if (one.tail === 'quote' || one.tail === 'both') lines.push('', ...quote);
  return lines.join('\n') + (one.shape % 2 ? '\n' : '');
}

function htmlText(one: Content): string {
  const escaped = one.words.map((word) =>
    word.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('{', '&#123;'),
  );
  const place = placeOf(one);
  const spelled = [place, place.replaceAll('{', '&#123;'), place.replace('relay', '<b>relay</b>')][
    one.shape % 3
  ];
  const link =
    place && (one.shape % 2 ? `<a href="${place.replaceAll('{', '%7B').replaceAll('}', '%7D')}">x</a>` : '');
  const body = escaped.map((word) => (one.shape % 2 ? `<p>${word}</p>` : `${word}<br>`)).join('\n');
  const signature = one.tail === 'signature' || one.tail === 'both' ? '<div>-- <br>Aoba</div>' : '';
  const old =
    '<blockquote type="cite">old <a href="https://go.aoba.example/r/zzzzzzzzzz">link</a></blockquote>';
  const quote = one.tail === 'quote' || one.tail === 'both' ? `<div>On Mon taro wrote:</div>${old}` : '';
  const inner = `${body}<p>${spelled}</p>${link}${signature}${quote}`;
  const shells = [
    `<html><head><style>p { color: "</body>" }</style></head><body>\n${inner}\n</body></html>\n`,
    `<HTML><BODY bgcolor=white>${inner}<!-- </body> --></BODY></HTML>`,
    `<div title="</body>">${inner}</div>`,
    `<html><body><script>if (a < b) "</body>"</script><table><tr><td>${inner}</td></tr></table></html>`,
    inner,
    `<!DOCTYPE html>\n<table><tr><td>${inner}</td></tr></table><!--[if mso]></body><![endif]-->\n`,
  ];
  return shells[one.shape]!;
}

type Part = { header: string[]; body: Buffer };

function textPart(one: Content, type: 'plain' | 'html', eol: string): Part {
  const source = type === 'plain' ? plainText(one) : htmlText(one);
  const body = transfer(encodeCharset(one.charset, source), one, eol);
  return {
    header: [
      `Content-Type: text/${type};${eol} charset="${one.charset}"`,
      `Content-Transfer-Encoding: ${one.encoding}`,
    ],
    body,
  };
}

function multipart(kind: string, boundary: string, parts: readonly Part[], eol: string, pad: string): Part {
  const pieces: Buffer[] = [Buffer.from(pad === '' ? '' : `a preamble${eol}`)];
  for (const part of parts) {
    pieces.push(
      Buffer.from(`--${boundary}${pad}${eol}${part.header.join(eol)}${eol}${eol}`),
      part.body,
      Buffer.from(eol),
    );
  }
  pieces.push(Buffer.from(`--${boundary}--${pad}${eol}`));
  return { header: [`Content-Type: multipart/${kind}; boundary="${boundary}"`], body: Buffer.concat(pieces) };
}

function attachments(bytes: Uint8Array, eol: string): Part[] {
  const pdf =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,76}/g)
      ?.join(eol) ?? '';
  const mail = [
    'Subject: inner',
    'Content-Type: multipart/mixed; boundary="in"',
    '',
    '--in',
    '',
    '{{relay_url}}',
    '--in--',
    '',
  ];
  return [
    {
      header: ['Content-Type: application/pdf; name=a.pdf', 'Content-Transfer-Encoding: base64'],
      body: Buffer.from(pdf),
    },
    {
      header: [
        'Content-Type: text/plain; charset=utf-8',
        'Content-Disposition: attachment; filename="a.txt"',
      ],
      body: Buffer.from(`{{relay_url}} stays${eol}`),
    },
    { header: ['Content-Type: message/rfc822'], body: Buffer.from(mail.join(eol)) },
  ];
}

type Recipe = Readonly<{
  structure: number;
  plain: Content;
  html: Content;
  files: Uint8Array;
  pad: string;
  eol: string;
  boundary: string;
  chunk: number;
  control: boolean;
}>;

const recipe: fc.Arbitrary<Recipe> = fc.record({
  structure: fc.nat(8),
  plain: content,
  html: content,
  files: fc.uint8Array({ maxLength: 200 }),
  pad: fc.constantFrom('', '', ' ', '\t '),
  eol: fc.constantFrom('\r\n', '\r\n', '\r\n', '\n'),
  boundary: fc.constantFrom('b', '=_x', '----=_Part_1.2', "a'()+_,-./:=?b"),
  chunk: fc.constantFrom(1, 2, 3, 7, 64, 1000),
  control: fc.boolean(),
});

function compose({ structure, plain, html, files, pad, eol, boundary }: Recipe): Part {
  const text = textPart(plain, 'plain', eol);
  const rich = textPart(html, 'html', eol);
  const image: Part = {
    header: ['Content-Type: image/png', 'Content-ID: <i@x>', 'Content-Transfer-Encoding: base64'],
    body: Buffer.from('iVBORw0KGgo='),
  };
  const alternative = (second = rich) => multipart('alternative', `${boundary}a`, [text, second], eol, pad);
  const related = () => multipart('related', `${boundary}r`, [rich, image], eol, pad);
  const [pdf, note, mail] = attachments(files, eol) as [Part, Part, Part];
  const shapes: (() => Part)[] = [
    () => text,
    () => rich,
    () => alternative(),
    () => multipart('mixed', boundary, [alternative(), pdf], eol, pad),
    () => related(),
    () => alternative(related()),
    () => multipart('mixed', boundary, [text, note, mail], eol, pad),
    () => multipart('mixed', boundary, [alternative(related()), note, pdf, mail], eol, pad),
    () =>
      multipart(
        'mixed',
        boundary,
        [multipart('mixed', `${boundary}m`, [alternative()], eol, pad), pdf],
        eol,
        pad,
      ),
  ];
  return shapes[structure]!();
}

/** Sound messages in all their shapes: structure, charset, transfer encoding, signature, quote, placeholder. */
export const soundMail: fc.Arbitrary<GeneratedMail> = recipe.map((chosen) => {
  const { eol, structure, chunk, control } = chosen;
  const root = compose(chosen);
  const fields = [
    'Received: from a.example by b.example;',
    '\tMon, 5 Jan 2026 00:00:00 +0900',
    'From: =?utf-8?B?6Z2S6JGJ?= <saiyo@aoba.example>',
    'To: taro..yamada@docomo.ne.jp',
    ...(control ? ['X-Career-Relay: insert', `X-Career-Relay-Job: a${eol}\tlong one`] : []),
    'Subject: =?ISO-2022-JP?B?GyRCQTo5TTdrMkwbKEI=?=',
    'MIME-Version: 1.0',
    ...root.header,
  ];
  const message = Buffer.concat([Buffer.from(fields.join(eol) + eol + eol), root.body]);
  return { message, chunk, text: ![1, 4].includes(structure), html: ![0, 6].includes(structure) };
});

type Mutation = Readonly<{ kind: number; at: number; length: number; bytes: string }>;

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.nat(3),
  at: fc.nat(1_000_000),
  length: fc.nat(60),
  bytes: fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    '\0',
    '=',
    '--',
    '--b',
    '<',
    '>',
    '<!--',
    '\x1b$B',
    '\x1b(B',
    '\xff',
    ';',
    '"',
    ' ',
    '{{relay_url}}',
    '\r\n\r\n',
  ),
});

/** Sound messages with bytes cut out, put in, doubled or cut off. */
export const brokenMail: fc.Arbitrary<GeneratedMail> = fc
  .tuple(soundMail, fc.array(mutation, { minLength: 1, maxLength: 5 }))
  .map(([mail, mutations]) => ({ ...mail, message: mutations.reduce(mutate, mail.message) }));

function mutate(message: Buffer, { kind, at, length, bytes }: Mutation): Buffer {
  const from = at % (message.length + 1);
  const head = message.subarray(0, from);
  const cut = message.subarray(from, from + length);
  if (kind === 0) return Buffer.concat([head, message.subarray(from + length)]);
  if (kind === 1) return Buffer.concat([head, Buffer.from(bytes, 'latin1'), message.subarray(from)]);
  if (kind === 2) return Buffer.concat([head, cut, message.subarray(from)]);
  return length < 6
    ? head
    : Buffer.concat([head, Buffer.from(bytes, 'latin1'), message.subarray(from + bytes.length)]);
}
