import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type MailSend, mailSendSchema } from './sendgrid-schema.js';

export type SendgridRequest = Readonly<{
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  raw: Buffer;
  /** undefined where the body is no JSON. */
  mail: MailSend | undefined;
}>;

/** What the server does in place of checking and accepting. */
type Instead = (response: ServerResponse, request: SendgridRequest) => void;

/** A mail as SendGrid would compose it for one personalization. */
export type Rendered = Readonly<{ to: string[]; text: string; html: string }>;

function errors(response: ServerResponse, status: number, message: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ errors: [{ message, field: null, help: null }] }));
}

/** Stands for SendGrid: checks each request against its description, and answers as it does. */
export class SendgridServer {
  readonly requests: SendgridRequest[] = [];
  instead: Instead | undefined;
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const { method = '', url: path = '', headers } = request;
      const taken = { method, path, headers, raw, mail: parsed(raw, headers['content-encoding']) };
      this.requests.push(taken);
      if (this.instead) this.instead(response, taken);
      else this.answer(response, taken);
    });
  });

  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Forgets what came, and accepts again. */
  reset(): void {
    this.requests.length = 0;
    this.instead = undefined;
  }

  /** The mail of the last request. */
  get last(): MailSend {
    const mail = this.requests.at(-1)?.mail;
    if (!mail) throw new Error('no mail came');
    return mail;
  }

  private answer(response: ServerResponse, { method, path, headers, mail }: SendgridRequest): void {
    if (!/^Bearer SG\./.test(headers.authorization ?? ''))
      return void errors(response, 401, 'authorization required');
    if (path === '/v3/mail/batch' && method === 'POST') {
      response.writeHead(201, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ batch_id: 'HkJ5yLYULb7Rj8GKSx7u025ouWVlMgAi' }));
    }
    if (path.startsWith('/v3/mail/batch/')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ batch_id: path.slice('/v3/mail/batch/'.length) }));
    }
    if (!mail) return void errors(response, 400, 'Bad Request');
    const checked = mailSendSchema.safeParse(mail);
    if (!checked.success) return void errors(response, 400, checked.error.issues[0]!.message);
    const settings = mail.mail_settings as { sandbox_mode?: { enable?: boolean } } | undefined;
    response.writeHead(settings?.sandbox_mode?.enable ? 200 : 202, {
      'x-message-id': `id-${this.requests.length}`,
      'x-ratelimit-limit': '600',
      'x-ratelimit-remaining': '599',
      'x-ratelimit-reset': '1790000000',
      'access-control-allow-origin': 'https://sendgrid.api-docs.io',
    });
    response.end();
  }
}

function parsed(raw: Buffer, encoding: string | undefined): MailSend | undefined {
  try {
    return JSON.parse((encoding === 'gzip' ? gunzipSync(raw) : raw).toString()) as MailSend;
  } catch {
    return undefined;
  }
}

/** What each personalization's readers see, substitutions made in the order of the keys. */
export function render({ personalizations, content = [] }: MailSend): Rendered[] {
  return personalizations.map(({ to, cc = [], bcc = [], substitutions = {} }) => {
    const of = (type: string) =>
      Object.entries(substitutions).reduce(
        (text, [tag, value]) => text.replaceAll(tag, () => value),
        content.find((one) => one.type === type)?.value ?? '',
      );
    return {
      to: [...to, ...cc, ...bcc].map(({ email }) => email),
      text: of('text/plain'),
      html: of('text/html'),
    };
  });
}
