// node examples/sendgrid-drop-in.mjs, with CAREER_RELAY_URL and CAREER_RELAY_KEY (scope mail). Nothing of ours is installed:
// two lines differ from a program that talks to SendGrid.
import sgMail from '@sendgrid/mail';

const { CAREER_RELAY_URL = 'http://localhost:3000', CAREER_RELAY_KEY = '' } = process.env;

sgMail.setApiKey(CAREER_RELAY_KEY);
// After setApiKey, which sets the base URL too.
sgMail.client.setDefaultRequest('baseUrl', CAREER_RELAY_URL);

const [answer] = await sgMail.send({
  from: 'recruit@example.jp',
  to: 'candidate@example.com',
  subject: '選考結果のご連絡',
  text: '選考の結果、誠に残念ながら、今回は採用を見送らせていただくこととなりました。',
});
console.log(answer.statusCode, answer.headers['x-message-id']);
