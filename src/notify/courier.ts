import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { Courier, Deps, OutgoingMail } from '../deps.js';

export type Envelope = Readonly<{ from: string; to: string }>;

/** Where composed mails go. Resolves when the next server has taken responsibility. */
export interface MailSink {
  deliver(envelope: Envelope, message: Buffer): Promise<void>;
}

/** Writes each mail as `<uuid7>.eml` beside `<uuid7>.json` (its envelope); whoever sees the `.eml` sees it whole. */
export function outboxSink(directory: string, deps: Pick<Deps, 'newId' | 'clock'>): MailSink {
  return {
    async deliver(envelope, message) {
      await mkdir(directory, { recursive: true });
      const path = join(directory, deps.newId());
      const about = { from: envelope.from, to: [envelope.to], at: deps.clock().toISOString() };
      await writeFile(`${path}.json`, JSON.stringify(about));
      await writeFile(`${path}.part`, message);
      await rename(`${path}.part`, `${path}.eml`);
    },
  };
}

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
    messageId: `<${deps.newId()}@${mailFrom.slice(mailFrom.lastIndexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated', ...mail.headers },
    // Quoted-printable keeps lines short (RFC 5322 §2.1.1); base64 would hide the text from readers of the outbox.
    textEncoding: 'quoted-printable',
    newline: '\r\n',
  });
  return composer.compile().build();
}

/** The courier of our own mails; relayed mails never pass here. */
export function createCourier(deps: Pick<Deps, 'config' | 'clock' | 'newId'>, sink: MailSink): Courier {
  return {
    async send(mail) {
      await sink.deliver({ from: deps.config.mailFrom, to: mail.to }, await compose(deps, mail));
    },
  };
}
