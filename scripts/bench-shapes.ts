import { HTML, TEXT } from './bench-letters.js';
import { composeMail, type MailText, quotedPrintable } from './compose-mail.js';

const COMMON = {
  from: 'recruit@aoba.example',
  to: 'candidate@example.jp',
  subject: '選考結果のご連絡',
  messageId: 'm1.bench@aoba.example',
  date: new Date('2026-11-22T01:00:00Z'),
} as const;

function letter(mail: Pick<MailText, 'text' | 'charset' | 'encoding'> & { html?: string }): Buffer {
  return composeMail({ ...COMMON, ...mail });
}

const HTML_HEAD = [
  'From: recruit@aoba.example',
  'To: candidate@example.jp',
  'Subject: Your application',
  'MIME-Version: 1.0',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: ',
].join('\r\n');

function htmlMail(encoding: '8bit' | 'quoted-printable', html: string): Buffer {
  const bytes = Buffer.from(html.replaceAll('\n', '\r\n'));
  const body = encoding === '8bit' ? bytes : Buffer.from(quotedPrintable(bytes), 'latin1');
  return Buffer.concat([Buffer.from(`${HTML_HEAD}${encoding}\r\n\r\n`), body]);
}

const PLAIN_HEAD = `${HTML_HEAD.replace('html', 'plain')}8bit\r\n\r\n`;

const ARTICLE = `<tr><td width="600" align="left" style="padding:16px 24px;font-family:Arial,'Hiragino Sans',sans-serif;font-size:14px;line-height:1.7;color:#333333">
<h2 style="margin:0 0 8px;font-size:18px">今週の求人情報 &mdash; 東京・大阪</h2>
<p style="margin:0">未経験から始められるお仕事を集めました。&nbsp;<a href="https://news.example/jobs?id=1234&amp;utm_source=mail" style="color:#0b6e63;text-decoration:underline" target="_blank">詳しくはこちら</a></p>
<img src="https://news.example/image/1234.png" width="552" height="200" alt="求人" style="display:block;border:0"></td></tr>
`;

/** A newsletter of some 30 KB: tables, styles, links, pictures; `other` to the classifier. */
function newsletter(): Buffer {
  const rows = ARTICLE.repeat(46);
  return htmlMail(
    '8bit',
    `<!DOCTYPE html>\n<html><head><title>メールマガジン</title><style>td { color: #333 }</style></head><body><table width="100%">\n${rows}</table><p><a href="https://news.example/unsubscribe">配信停止</a></p></body></html>\n`,
  );
}

/** What passes the hook most: rejections as recruiters' systems write them, and one mail that is none. */
export function commonMails(): Readonly<Record<string, Buffer>> {
  return {
    'iso-2022-jp alternative': letter({ text: TEXT, html: HTML, charset: 'iso-2022-jp', encoding: '7bit' }),
    'utf-8 base64 alternative': letter({ text: TEXT, html: HTML, charset: 'utf-8', encoding: 'base64' }),
    'utf-8 quoted-printable HTML': htmlMail('quoted-printable', HTML),
    'utf-8 8bit plain': Buffer.from(`${PLAIN_HEAD}${TEXT.replaceAll('\n', '\r\n')}`),
    'newsletter of 30 KB': newsletter(),
  };
}

const HEAD = 'From: recruit@aoba.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n';
const REFUSAL = 'We regret to inform you that we will not be moving forward with your application.';

function filled(size: number, head: string, unit: string, tail = ''): Buffer {
  const body = Buffer.alloc(Math.max(0, size - head.length - tail.length), unit);
  return Buffer.concat([Buffer.from(head), body, Buffer.from(tail)]);
}

const MIXED = `${HEAD}Content-Type: multipart/mixed; boundary="b"\r\n\r\n`;
const PLAIN = `${HEAD}Content-Type: text/plain\r\n\r\n${REFUSAL}\r\n`;
const RICH = `${HEAD}Content-Type: text/html\r\n\r\n<html><body><p>${REFUSAL}</p>\r\n`;

function nested(size: number): Buffer {
  const pieces: string[] = [];
  for (let depth = 0, length = 0; length < size; depth += 1) {
    const piece = `Content-Type: multipart/mixed; boundary="b${depth}"\r\n\r\n--b${depth}\r\n`;
    pieces.push(piece);
    length += piece.length;
  }
  return Buffer.from(`${HEAD}${pieces.join('')}\r\n${REFUSAL}\r\n`);
}

/** Messages of about `size` octets in the shapes that cost most; each is to cost no more per octet when it grows. */
export const SHAPES: Readonly<Record<string, (size: number) => Buffer>> = {
  'attachment in base64': (size) =>
    filled(
      size,
      `${MIXED}--b\r\nContent-Type: text/plain\r\n\r\n${REFUSAL}\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
      `${'QUJD'.repeat(19)}\r\n`,
      '\r\n--b--\r\n',
    ),
  'plain text': (size) => filled(size, PLAIN, 'Some words of a long text, line by line.\r\n'),
  'one line': (size) => filled(size, PLAIN, 'word '),
  'many dashes': (size) => filled(size, `${MIXED}--b\r\n\r\n${REFUSAL}\r\n`, '--\r\n'),
  'many parts': (size) =>
    filled(size, `${MIXED}--b\r\n\r\n${REFUSAL}\r\n`, '--b\r\nContent-Type: text/plain\r\n\r\nx\r\n'),
  'many header fields': (size) => filled(size, HEAD, 'X-Field: value\r\n', '\r\nx\r\n'),
  'deep nesting': nested,
  HTML: (size) =>
    filled(
      size,
      RICH,
      '<p style="margin:0">Some <b>words</b> &amp; <a href="https://aoba.example/x">a link</a></p>\r\n',
    ),
  'HTML: <': (size) => filled(size, RICH, '<'),
  'HTML: &': (size) => filled(size, RICH, '&'),
  'HTML: references unknown': (size) => filled(size, RICH, '&nosuchname; '),
  'HTML: open comments': (size) => filled(size, RICH, '<!--'),
  'HTML: empty comments': (size) => filled(size, RICH, '<!-->'),
  'HTML: attributes': (size) => filled(size, `${RICH}<p `, 'a="1" '),
  'HTML: open elements': (size) => filled(size, RICH, '<div><a>'),
  'HTML: end tags': (size) => filled(size, RICH, '</p></i>'),
  'HTML: pictures and links': (size) =>
    filled(size, RICH, '<a href="https://x.example/%7B%7Drelay_url">x</a>'),
  'HTML: drawings': (size) => filled(size, RICH, '<svg><path d="M0 0"/></svg>'),
  'HTML: scripts': (size) => filled(size, RICH, '<script><!--<script></script>'),
};
