import sendgridClient from '@sendgrid/client';
import sendgridMail from '@sendgrid/mail';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { Courier, Deps, OutgoingMail } from '../deps.js';
import type { Reply, Upstream } from '../relay/upstream.js';

/** Composes a mail of our own: text and HTML as alternatives, marked as sent by a program (RFC 3834 §5). */
export async function compose(
  deps: Pick<Deps, 'config' | 'clock' | 'newId'>,
  mail: OutgoingMail,
): Promise<Buffer> {
  const { mailFrom, agency } = deps.config;
  const composer = new MailComposer({
    from: { name: agency.operatorName, address: mailFrom },
    to: { name: '', address: mail.to },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date: deps.clock(),
    messageId: `<${mail.id ?? deps.newId()}@${mailFrom.slice(mailFrom.lastIndexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated', ...mail.headers },
    // Quoted-printable keeps lines short (RFC 5322 §2.1.1); base64 would hide the text from readers of the outbox.
    textEncoding: 'quoted-printable',
    newline: '\r\n',
  });
  return composer.compile().build();
}

/** Hands one mail to upstream. @throws Error with upstream's own words when it did not take responsibility */
async function handOver(upstream: Upstream, from: string, to: string, message: Buffer): Promise<void> {
  const session = await upstream.open();
  try {
    accepted(await session.mail(`<${from}>`, []));
    accepted(await session.rcpt(`<${to}>`, []));
    const result = await session.data(chunksOf(message));
    if ('reply' in result) accepted(result.reply);
    else throw new Error(`upstream: ${result.kind}`);
  } finally {
    session.release();
  }
}

/** Mail servers repeat the address in what they say; errors are logged and kept with the job, so it is left out. */
function accepted({ code, lines }: Reply): void {
  if (code >= 200 && code <= 299) return;
  throw new Error(`upstream: ${code} ${lines.join(' ').replace(/[^\s<>]{1,320}@[^\s<>]+/g, '(address)')}`);
}

async function* chunksOf(message: Buffer): AsyncGenerator<Buffer> {
  yield message;
}

/** SendGrid's own client; what it is told is the mail as composed here, part by part. */
function sendgridCourier({ config }: Pick<Deps, 'config'>, apiKey: string): Courier {
  sendgridClient.setApiKey(apiKey);
  sendgridClient.setDefaultRequest('baseUrl', `${config.sendgrid.baseUrl}/`);
  sendgridMail.setClient(sendgridClient);
  return {
    async send(mail) {
      await sendgridMail.send({
        from: { name: config.agency.operatorName, email: config.mailFrom },
        to: mail.to,
        subject: mail.subject,
        content: [
          { type: 'text/plain', value: mail.text },
          { type: 'text/html', value: mail.html },
        ],
        headers: { 'Auto-Submitted': 'auto-generated', ...mail.headers },
        trackingSettings: { clickTracking: { enable: false }, openTracking: { enable: false } },
      });
    },
  };
}

/** The courier of our own mails: SendGrid where its key is set, else upstream. Relayed mails never pass here. */
export function createCourier(deps: Pick<Deps, 'config' | 'clock' | 'newId'>, upstream: Upstream): Courier {
  const { sendgrid, mailFrom } = deps.config;
  if (sendgrid.apiKey) return sendgridCourier(deps, sendgrid.apiKey);
  return {
    async send(mail) {
      await handOver(upstream, mailFrom, mail.to, await compose(deps, mail));
    },
  };
}
