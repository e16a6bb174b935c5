import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const REJECTION = [
  'From: =?UTF-8?B?6Z2S6JGJ6KO95L2c5omA?= <saiyo@aoba.example>',
  'To: candidate@example.net',
  'Subject: =?ISO-2022-JP?B?GyRCQSo5TTdrMkwkTiQ0TyJNbRsoQg==?=',
  'MIME-Version: 1.0',
  'Content-Type: multipart/alternative; boundary="b1"',
  '',
  '--b1',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  '',
  'このたびはご応募いただき、誠にありがとうございました。',
  '--b1',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.from(
    '<p>このたびはご応募いただき、誠にありがとうございました。</p><script>alert(1)</script>',
  ).toString('base64'),
  '--b1--',
  '',
].join('\r\n');

const ENGLISH = [
  'From: jobs@aoba.example',
  'To: other@example.net',
  'Subject: Your application',
  '',
  'Thank you for applying.',
  '',
].join('\r\n');

/** Two mails as the outbox keeps them, older first. */
export function writeLetters(dataDir: string): { older: string; newer: string } {
  const directory = join(dataDir, 'outbox');
  mkdirSync(directory, { recursive: true });
  const older = '01990000-0000-7000-8000-000000000001';
  const newer = '01990000-0000-7000-8000-000000000002';
  const envelope = (to: string, at: string) =>
    `${JSON.stringify({ from: 'saiyo@aoba.example', to: [to], at })}\n`;
  writeFileSync(join(directory, `${older}.json`), envelope('other@example.net', '2026-11-22T00:50:00.000Z'));
  writeFileSync(join(directory, `${older}.eml`), ENGLISH);
  writeFileSync(
    join(directory, `${newer}.json`),
    envelope('candidate@example.net', '2026-11-22T00:58:00.000Z'),
  );
  writeFileSync(join(directory, `${newer}.eml`), REJECTION);
  return { older, newer };
}
