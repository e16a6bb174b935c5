import { composeMail } from './compose-mail.js';
import type { Letter } from './mail-load.js';

/** What the benches' rejections say. */
export const TEXT = `山田 太郎 様

株式会社青葉製作所 採用担当でございます。
このたびは弊社の求人にご応募いただき、誠にありがとうございました。

慎重に選考を行いました結果、誠に残念ながら、今回は採用を見送らせていただくこととなりました。
ご期待に沿えず大変恐縮ではございますが、何卒ご了承くださいますようお願い申し上げます。

末筆ながら、山田様の今後のご活躍を心よりお祈り申し上げます。

--
株式会社青葉製作所 人事部
`;

export const HTML = `<html><body><p>山田 太郎 様</p>
<p>株式会社青葉製作所 採用担当でございます。<br>このたびは弊社の求人にご応募いただき、誠にありがとうございました。</p>
<p>慎重に選考を行いました結果、誠に残念ながら、今回は採用を見送らせていただくこととなりました。<br>
ご期待に沿えず大変恐縮ではございますが、何卒ご了承くださいますようお願い申し上げます。</p>
<p>末筆ながら、山田様の今後のご活躍を心よりお祈り申し上げます。</p>
</body></html>
`;

const MARK = '00000000';

/** A rejection of some 2 KB; the `number`th has its own Message-ID and recipient. Ends with the final dot. */
export function rejectionLetters(): (number: number) => Letter {
  const template = Buffer.concat([
    composeMail({
      from: 'recruit@aoba.example',
      to: `c${MARK}@example.jp`,
      subject: '選考結果のご連絡',
      text: TEXT,
      html: HTML,
      charset: 'iso-2022-jp',
      encoding: '7bit',
      messageId: `m${MARK}.bench@aoba.example`,
      date: new Date('2026-11-22T01:00:00Z'),
    }),
    Buffer.from('.\r\n'),
  ]);
  const places = [`c${MARK}@`, `<m${MARK}.`].map((mark) => template.indexOf(mark) + mark.indexOf(MARK));
  return (number) => {
    const digits = String(number).padStart(MARK.length, '0');
    const content = Buffer.from(template);
    for (const at of places) content.write(digits, at, 'latin1');
    return { from: 'recruit@aoba.example', to: `c${digits}@example.jp`, content };
  };
}

const END = Buffer.from('\r\n.\r\n');
const HEAD = [
  'From: recruit@aoba.example',
  'Subject: Your application',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="b"',
  '',
  '',
].join('\r\n');
const REFUSAL = 'We regret to inform you that we will not be moving forward with your application.';

/** A rejection with an attachment that makes it some `size` octets. Without a Message-ID, so never a repeat. */
export function attached(size: number): Buffer {
  const text = `${HEAD}--b\r\nContent-Type: text/plain\r\n\r\n${REFUSAL}\r\n--b\r\n`;
  const head = 'Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  const line = `${'QUJD'.repeat(19)}\r\n`;
  const body = Buffer.alloc(Math.max(line.length, size - (size % line.length)), line);
  return Buffer.concat([Buffer.from(text + head), body, Buffer.from('--b--'), END]);
}

/** A rejection of one HTML part of some `size` octets. */
export function htmlAlone(size: number): Buffer {
  const head =
    'From: recruit@aoba.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n';
  const line =
    '<p style="margin:0">Some <b>words</b> &amp; <a href="https://aoba.example/x">a link</a></p>\r\n';
  const body = Buffer.alloc(Math.max(line.length, size - (size % line.length)), line);
  return Buffer.concat([
    Buffer.from(`${head}<html><body><p>${REFUSAL}</p>\r\n`),
    body,
    Buffer.from('</body>'),
    END,
  ]);
}

/** A rejection with so many parts of a few octets. */
export function tinyParts(count: number): Buffer {
  const part = '--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nx\r\n';
  const text = `${HEAD}--b\r\nContent-Type: text/plain\r\n\r\n${REFUSAL}\r\n`;
  return Buffer.concat([Buffer.from(text + part.repeat(count)), Buffer.from('--b--'), END]);
}
