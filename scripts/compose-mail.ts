import encodingJapanese from 'encoding-japanese';
import iconv from 'iconv-lite';

export type Charset = 'utf-8' | 'iso-2022-jp' | 'shift_jis' | 'us-ascii';
export type TransferEncoding = '7bit' | '8bit' | 'quoted-printable' | 'base64';

export type MailText = Readonly<{
  from: string;
  to: string;
  subject: string;
  text: string;
  /** With it the mail is multipart/alternative. */
  html?: string;
  charset: Charset;
  encoding: TransferEncoding;
  messageId: string;
  date: Date;
  headers?: Readonly<Record<string, string>>;
}>;

/** @throws Error when the text has a character that the charset lacks */
export function encodeText(text: string, charset: Charset): Buffer {
  if (charset === 'iso-2022-jp') {
    const bytes = encodingJapanese.convert(encodingJapanese.stringToCode(text), {
      to: 'JIS',
      from: 'UNICODE',
      fallback: 'error',
    });
    return Buffer.from(bytes);
  }
  return iconv.encode(text, charset);
}

function encodedWords(text: string, charset: Charset): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const words: string[] = [];
  for (let at = 0; at < text.length; at += 12) {
    words.push(`=?${charset}?B?${encodeText(text.slice(at, at + 12), charset).toString('base64')}?=`);
  }
  return words.join('\r\n ');
}

/** RFC 2045 §6.7, lines of at most 76 octets, hard line breaks kept. */
export function quotedPrintable(bytes: Buffer): string {
  const lines = bytes.toString('latin1').split('\r\n');
  return lines
    .map((line) => {
      let out = '';
      let width = 0;
      const units = [...line].map((char, index) =>
        /[\x21-\x3c\x3e-\x7e]/.test(char) || (char === ' ' && index < line.length - 1)
          ? char
          : `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
      );
      for (const unit of units) {
        if (width + unit.length > 75) {
          out += '=\r\n';
          width = 0;
        }
        out += unit;
        width += unit.length;
      }
      return out;
    })
    .join('\r\n');
}

function body(text: string, charset: Charset, encoding: TransferEncoding): Buffer {
  const bytes = encodeText(text.replace(/\r?\n/g, '\r\n'), charset);
  if (encoding === 'base64') return Buffer.from(bytes.toString('base64').replace(/.{1,76}/g, '$&\r\n'));
  if (encoding === 'quoted-printable') return Buffer.from(quotedPrintable(bytes), 'latin1');
  return bytes;
}

function part(type: string, text: string, mail: MailText): Buffer {
  const head = `Content-Type: ${type}; charset=${mail.charset}\r\nContent-Transfer-Encoding: ${mail.encoding}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body(text, mail.charset, mail.encoding)]);
}

/** A mail as a recruiter's system would send it: headers, then one part or multipart/alternative. CRLF line ends. */
export function composeMail(mail: MailText): Buffer {
  const head = [
    `From: ${mail.from}`,
    `To: ${mail.to}`,
    `Subject: ${encodedWords(mail.subject, mail.charset)}`,
    `Date: ${mail.date.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${mail.messageId}>`,
    'MIME-Version: 1.0',
    ...Object.entries(mail.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  if (mail.html === undefined) {
    return Buffer.concat([
      Buffer.from(`${head}\r\n`),
      part('text/plain', mail.text, mail),
      Buffer.from('\r\n'),
    ]);
  }
  const boundary = `=_${mail.messageId.replace(/[^a-z0-9]/gi, '').slice(0, 24)}`;
  return Buffer.concat([
    Buffer.from(
      `${head}\r\nContent-Type: multipart/alternative; boundary="${boundary}"\r\n\r\n--${boundary}\r\n`,
    ),
    part('text/plain', mail.text, mail),
    Buffer.from(`\r\n--${boundary}\r\n`),
    part('text/html', mail.html, mail),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}
