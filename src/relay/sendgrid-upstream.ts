import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { SendgridAnswer } from './sendgrid-answer.js';

export type SendgridRequest = Readonly<{
  method: 'GET' | 'POST';
  path: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}>;

export type SendgridResult =
  | Readonly<{ kind: 'answered'; answer: SendgridAnswer }>
  /** SendGrid cannot have the whole request: it may be sent again. */
  | Readonly<{ kind: 'not-sent'; cause: unknown }>
  /** SendGrid may have it and said nothing: it must not be sent again. */
  | Readonly<{ kind: 'unknown'; cause: unknown }>;

export type SendgridUpstream = (wanted: SendgridRequest) => Promise<SendgridResult>;

type Timer = (milliseconds: number, run: () => void) => () => void;

/** Milliseconds until the request is over there, attachments and all; and those that SendGrid has to answer it. */
export const SENDGRID_LIMITS = { handOver: 120_000, answer: 60_000 } as const;

/** What SendGrid's clients read of an answer; the rest is about the connection, or about whoever holds the account. */
const PASSED = /^(content-type|retry-after|x-message-id|x-ratelimit-[a-z]+|x-request-id)$/;

/**
 * SendGrid's API. Each request has a connection of its own: on a kept one a reset looks the same whether SendGrid has the
 * request or not. The last byte goes when all before it are over, so that it is known which.
 */
export function createSendgridUpstream(baseUrl: string, timer: Timer): SendgridUpstream {
  const open = baseUrl.startsWith('https:') ? httpsRequest : httpRequest;
  return ({ method, path, headers, body }) =>
    new Promise((resolve) => {
      let isHandedOver = false;
      let isAnswered = false;
      const length = method === 'POST' ? { 'content-length': String(body.length) } : {};
      const request = open(`${baseUrl}${path}`, { method, agent: false, headers: { ...headers, ...length } });
      let stop = timer(SENDGRID_LIMITS.handOver, () =>
        request.destroy(new Error('the request took too long')),
      );
      const finish = (result: SendgridResult) => {
        stop();
        resolve(result);
      };
      const lose = (cause: unknown) => {
        if (!isAnswered) finish({ kind: isHandedOver ? 'unknown' : 'not-sent', cause });
      };
      request.on('response', (response) => {
        isAnswered = true;
        void readAnswer(response).then((answer) => {
          finish({ kind: 'answered', answer });
          request.destroy();
        });
      });
      request.on('error', lose);
      request.on('close', () => lose(new Error('the connection was closed')));
      const handOver = () => {
        stop();
        isHandedOver = true;
        stop = timer(SENDGRID_LIMITS.answer, () => request.destroy(new Error('no answer in time')));
        request.end(body.subarray(-1));
      };
      if (body.length < 2) handOver();
      else request.write(body.subarray(0, -1), (error) => error ?? handOver());
    });
}

/** The status says what became of the request, even where the rest of the answer is lost. */
async function readAnswer(response: IncomingMessage): Promise<SendgridAnswer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch {
    // What came before stands.
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (PASSED.test(name) && typeof value === 'string') headers[name] = value;
  }
  return { status: response.statusCode ?? 502, headers, body: Buffer.concat(chunks) };
}
