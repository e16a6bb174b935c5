// node examples/nodemailer.mjs, with CAREER_RELAY_URL and CAREER_RELAY_KEY (scope links), and SMTP_URL of your mail server.
// Without SMTP_URL the mail is printed.
import { careerRelay } from 'career-relay/nodemailer';
import nodemailer from 'nodemailer';

const { CAREER_RELAY_URL = 'http://localhost:3000', CAREER_RELAY_KEY = '', SMTP_URL } = process.env;

const transport = nodemailer.createTransport(SMTP_URL ?? { streamTransport: true, buffer: true });
transport.use(
  'compile',
  careerRelay({
    baseUrl: CAREER_RELAY_URL,
    apiKey: CAREER_RELAY_KEY,
    onUntouched: (reason, error) => console.error('sent as it came:', reason, error ?? ''),
  }),
);

const info = await transport.sendMail({
  from: 'recruit@example.jp',
  to: 'candidate@example.com',
  subject: '選考結果のご連絡',
  text: '選考の結果、誠に残念ながら、今回は採用を見送らせていただくこととなりました。\n今後のご活躍をお祈り申し上げます。',
  headers: { 'X-Career-Relay-Job': '営業' },
});
if (!SMTP_URL) process.stdout.write(info.message);
