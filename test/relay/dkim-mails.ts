import fc from 'fast-check';

const HEAD = [
  'From: =?UTF-8?B?5o6h55So5ouF5b2T?= <hr@example.jp>',
  'To: taro@example.com',
  'Subject: =?UTF-8?B?6YG46ICD57WQ5p6c?=',
  'Date: Sun, 22 Nov 2026 10:00:00 +0900',
  'Message-ID: <1@example.jp>',
  'MIME-Version: 1.0',
];

function mail(fields: readonly string[], body: string | Buffer): Buffer {
  const head = Buffer.from(`${[...HEAD, ...fields].join('\r\n')}\r\n\r\n`, 'utf8');
  return Buffer.concat([head, Buffer.from(body)]);
}

const ALTERNATIVE = [
  '--b1',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'お祈り',
  '--b1',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>お祈り</p>',
  '--b1--',
  '',
];

/** Messages by what is hard about them. */
export const DKIM_MAILS: Readonly<Record<string, Buffer>> = {
  text: mail(['Content-Type: text/plain; charset=utf-8'], '山田太郎様\r\n\r\n見送らせていただきます。\r\n'),
  multipart: mail(['Content-Type: multipart/alternative; boundary=b1'], ALTERNATIVE.join('\r\n')),
  'quoted-printable': mail(
    ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable'],
    '=E5=B1=B1=E7=94=B0=\r\n=E6=A7=98 =20\r\n',
  ),
  base64: mail(['Content-Transfer-Encoding: base64'], '5bGx55Sw5aSq6YOO5qeYCg==\r\n'),
  'iso-2022-jp': mail(
    ['Content-Type: text/plain; charset=ISO-2022-JP', 'Content-Transfer-Encoding: 7bit'],
    Buffer.from('\x1b$B;3ED\x1b(B\r\n', 'latin1'),
  ),
  'folded and odd fields': mail(
    ['cC: a@example.com,\r\n\t b@example.com  ', 'REFERENCES:<1@a>\r\n  <2@b>\r\n ', 'List-Id:\t "x"  <x.y>'],
    'x\r\n',
  ),
  'fields twice': mail(
    ['To: second@example.com', 'Subject: again', 'Cc: x@y.example', 'Cc: z@y.example'],
    'x\r\n',
  ),
  'eight bits in a field': mail(['Reply-To: 採用 <hr@example.jp>'], 'x\r\n'),
  'no Date, no To': Buffer.from('From: hr@example.jp\r\nX-Other: 1\r\n\r\nx\r\n'),
  'empty body': mail([], ''),
  'only empty lines': mail([], '\r\n\r\n\r\n'),
  'only blanks': mail([], ' \t\r\n  \r\n'),
  'no line end at the end': mail([], 'one\r\ntwo'),
  'blanks without line end at the end': mail([], 'one \r\ntwo \t '),
  'empty lines at the end': mail([], 'one\r\n\r\n\r\n\r\n'),
  'empty lines at the start': mail([], '\r\n\r\none\r\n'),
  'blanks at line ends': mail([], 'one  \r\n\ttwo\t three \t\r\n \r\n  four\r\n \t \r\n'),
  'dots and long lines': mail([], `.\r\n..\r\n.x\r\n${'0123456789'.repeat(200)}\r\n`),
  'many empty lines before text': mail([], `a\r\n${'\r\n'.repeat(5_000)}b\r\n`),
};

/** Obsolete syntax (RFC 5322 §4.5): a blank before the colon, which not every verifier reads. */
export const OBSOLETE_MAIL = mail(['CC : a@example.com', 'Reply-To\t: b@example.com'], 'x\r\n');

const blanks = fc.constantFrom('', ' ', '\t', '  ', ' \t ');
const word = fc.constantFrom(
  'a',
  'Zz9',
  'x:y',
  'b=;c',
  '<1@example.jp>',
  '採用',
  '"q, r"',
  '=?UTF-8?Q?=E3?=',
  '.',
);
const fold = fc.constantFrom(' ', '\t', '  ', '\r\n ', '\r\n\t', ' \r\n  ');
const value = fc
  .array(fc.tuple(word, fold), { minLength: 1, maxLength: 6 })
  .map((items) =>
    items.map(([text, between], at) => (at < items.length - 1 ? text + between : text)).join(''),
  );
const name = fc.constantFrom(
  'To',
  'to',
  'Cc',
  'SUBJECT',
  'Date',
  'Message-Id',
  'MIME-Version',
  'content-type',
  'Content-Transfer-Encoding',
  'Reply-To',
  'In-Reply-To',
  'References',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'X-Mailer',
  'Received',
);
const field = fc
  .tuple(name, blanks, value, blanks)
  .map(([key, before, text, after]) => `${key}:${before}${text}${after}\r\n`);
const bytes = fc.constantFrom(
  'a',
  'B',
  '.',
  '=',
  '-',
  ' ',
  '\t',
  '\r\n',
  '\r\n',
  '  ',
  '\x1b$B',
  '採',
  '\x7f',
  '\x00',
);

/** A message with any fields around one From, any body, and the size of the chunks in which it is seen. */
export const anyMail = fc
  .record({
    above: fc.array(field, { maxLength: 6 }),
    below: fc.array(field, { maxLength: 6 }),
    body: fc.array(bytes, { maxLength: 60 }),
    chunk: fc.integer({ min: 1, max: 400 }),
  })
  .map(({ above, below, body, chunk }) => ({
    message: Buffer.from(
      [...above, 'From: HR <hr@example.jp>\r\n', ...below, '\r\n', ...body, '\r\n'].join(''),
      'utf8',
    ),
    chunk,
  }));
