// node examples/sendgrid-library.mjs, with CAREER_RELAY_URL and CAREER_RELAY_KEY (scope links), and SENDGRID_API_KEY.
// SENDGRID_BASE_URL sends somewhere else than to SendGrid.
import sgMail from '@sendgrid/mail';
import { withCareerRelay } from 'career-relay/sendgrid';

const {
  CAREER_RELAY_URL = 'http://localhost:3000',
  CAREER_RELAY_KEY = '',
  SENDGRID_API_KEY = '',
  SENDGRID_BASE_URL,
} = process.env;

sgMail.setApiKey(SENDGRID_API_KEY);
if (SENDGRID_BASE_URL) sgMail.client.setDefaultRequest('baseUrl', SENDGRID_BASE_URL);
const mail = withCareerRelay(sgMail, {
  baseUrl: CAREER_RELAY_URL,
  apiKey: CAREER_RELAY_KEY,
  onUntouched: (reason, error) => console.error('sent as it came:', reason, error ?? ''),
});

const [answer] = await mail.send({
  from: 'recruit@example.jp',
  personalizations: [{ to: 'candidate@example.com' }, { to: 'another@example.com' }],
  subject: '選考結果のご連絡',
  text: '選考の結果、誠に残念ながら、今回は採用を見送らせていただくこととなりました。',
});
console.log(answer.statusCode, answer.headers['x-message-id']);
