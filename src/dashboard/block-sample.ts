import type { Locale } from '../company/store.js';

const TEXTS: Readonly<Record<Locale, Readonly<{ subject: string; lines: readonly string[]; sign: string }>>> =
  {
    ja: {
      subject: '選考結果のご連絡',
      lines: [
        '山田 太郎 様',
        'このたびは弊社にご応募いただき、誠にありがとうございました。慎重に選考を進めましたが、誠に残念ながら今回は採用を見送らせていただくこととなりました。',
        '末筆ながら、山田様の今後のご活躍をお祈り申し上げます。',
      ],
      sign: '採用担当',
    },
    en: {
      subject: 'Your application',
      lines: [
        'Dear Taro,',
        'Thank you for your interest in the position. After careful consideration we have decided not to move forward with your application.',
        'We wish you every success.',
      ],
      sign: 'The hiring team',
    },
  };

function base64(text: string): string {
  return Buffer.from(text)
    .toString('base64')
    .replace(/.{76}(?=.)/g, '$&\r\n');
}

function part(type: string, text: string): string {
  return `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(text)}\r\n`;
}

/** A header field of any letters (RFC 2047). */
function word(text: string): string {
  return `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
}

/** A rejection of the company's as it might be, in both forms: what the page shows before there is a mail of its own. */
export function sampleMail(companyName: string, language: Locale): Buffer {
  const { subject, lines, sign } = TEXTS[language];
  const closing = `${companyName} ${sign}`;
  const escaped = closing.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const text = `${lines.join('\r\n\r\n')}\r\n\r\n-- \r\n${closing}\r\n`;
  const html = `<html><body style="font-family:sans-serif;font-size:15px;line-height:1.8;color:#222222"><p>${lines.join('</p><p>')}</p><p style="color:#555555">-- <br>${escaped}</p></body></html>`;
  return Buffer.from(
    [
      'From: recruit@company.example',
      'To: taro@candidate.example',
      `Subject: ${word(subject)}`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/alternative; boundary="=_sample"',
      '',
      '--=_sample',
      `${part('text/plain', text)}--=_sample`,
      `${part('text/html', html)}--=_sample--`,
      '',
    ].join('\r\n'),
  );
}

/** What a person pasted: a message with its header, or the text alone. */
export function pastedMail(text: string): Buffer {
  const lines = text.replace(/\r\n?|\n/g, '\r\n');
  const hasHeader = /^(?:[!-9;-~]+:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*){2,}\r\n/.test(lines);
  if (hasHeader) return Buffer.from(lines);
  const head = ['From: recruit@company.example', 'To: taro@candidate.example', 'MIME-Version: 1.0'];
  const html = /^\s*<(?:!doctype|html|body|table|div|p)\b/i.test(lines);
  return Buffer.from(`${head.join('\r\n')}\r\n${part(html ? 'text/html' : 'text/plain', lines)}`);
}
