import Encoding from 'encoding-japanese';

const TEXT = [
  '山田様',
  '',
  '慎重に選考を行いました結果、誠に残念ながら今回は採用を見送らせていただくこととなりました。',
  '..先頭が点の行',
  '末尾に空白のある行  ',
  '',
].join('\r\n');

export type Charset = 'UTF-8' | 'ISO-2022-JP';
export const CHARSETS: readonly Charset[] = ['UTF-8', 'ISO-2022-JP'];

function bodyIn(charset: Charset): Buffer {
  if (charset === 'UTF-8') return Buffer.from(TEXT);
  return Buffer.from(Encoding.convert(Encoding.stringToCode(TEXT), { from: 'UNICODE', to: 'JIS' }));
}

/** A rejection letter as an applicant tracking system would write it, CRLF, 8bit or 7bit. */
export function letter(messageId: string, charset: Charset = 'UTF-8', extra: readonly string[] = []): Buffer {
  const fields = [
    'From: hr@example.jp',
    'To: taro@example.com',
    'Subject: result',
    `Message-ID: <${messageId}>`,
    'Date: Sun, 22 Nov 2026 10:00:00 +0900',
    ...extra,
    'MIME-Version: 1.0',
    `Content-Type: text/plain; charset=${charset}`,
    `Content-Transfer-Encoding: ${charset === 'UTF-8' ? '8bit' : '7bit'}`,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(fields.join('\r\n')), bodyIn(charset)]);
}
