import { type Request, type Response, Router } from 'express';
import type { Deps } from '../deps.js';
import { declared, passing } from '../web/access.js';
import type { Operation } from '../web/openapi.js';
import { errorAnswer, type SendgridAnswer } from './sendgrid-answer.js';
import { LARGEST_BODY, type SendgridCall, type SendgridRelay } from './sendgrid-relay.js';

/** What SendGrid reads of a request; its key is another there. */
const PASSED = ['accept', 'content-type', 'content-encoding', 'on-behalf-of', 'user-agent'] as const;

/** @returns undefined where it is too large; then the rest is not read */
function bodyOf(request: Request): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LARGEST_BODY) chunks.push(chunk);
      else {
        // Not destroyed: the answer goes over the same connection.
        request.pause();
        resolve(undefined);
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the sender hung up')));
  });
}

function answerWith(response: Response, { status, headers, body }: SendgridAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}

/** The relay itself asks for the key, after the body, and refuses in SendGrid's words. */
const senders = declared({ kind: 'key', reach: 'sender', scopes: ['mail'] }, (_request, _response, next) =>
  next(),
);

/** `/v3`: what a program of the customer's finds where it looked for SendGrid. Errors have SendGrid's shape. */
export function sendgridRoutes(deps: Deps, relay: SendgridRelay): Router {
  const router = Router();

  function route(work: (call: SendgridCall) => Promise<SendgridAnswer>) {
    return async (request: Request, response: Response): Promise<void> => {
      try {
        const key = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
        const body = await bodyOf(request);
        if (!body) {
          response.setHeader('connection', 'close');
          return answerWith(response, errorAnswer(413, 'the request is too large'));
        }
        const method = request.method === 'GET' ? 'GET' : 'POST';
        const headers = Object.fromEntries(
          PASSED.flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : [])),
        );
        answerWith(response, await work({ key, method, path: request.originalUrl, headers, body }));
      } catch (error) {
        deps.events.requestFailed(error, { method: request.method });
        if (response.headersSent || response.destroyed) return void response.destroy();
        answerWith(response, errorAnswer(500, 'something failed on our side'));
      }
    };
  }

  router.post('/v3/mail/send', senders, route(relay.send));
  router.post('/v3/mail/batch', senders, route(relay.pass));
  router.get('/v3/mail/batch/:id', senders, route(relay.pass));
  const elsewhere = passing((_request, response) => {
    answerWith(response, errorAnswer(404, 'not found: only /v3/mail/send and /v3/mail/batch pass here'));
  });
  router.use('/v3', elsewhere);
  return router;
}

const WHO = 'company with the scope mail';

export const sendgridOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/v3/mail/send',
    summary:
      "SendGrid's Mail Send, passed on with the company's own key; rejections get their links. The body is SendGrid's, gzip too",
    who: WHO,
    answers: {
      202: "SendGrid took it; empty, with SendGrid's X-Message-Id",
      200: 'sandbox mode: checked by SendGrid and not sent',
      400: "SendGrid's errors, word for word, as with its other refusals",
      413: 'more than 48 MiB',
      503: 'nothing was sent: try again',
      504: "SendGrid's answer was lost: it may have been sent, and is not sent again from here",
    },
  },
  {
    method: 'post',
    path: '/v3/mail/batch',
    summary: "SendGrid's batch id, passed on",
    who: WHO,
    answers: { 201: "SendGrid's answer" },
  },
  {
    method: 'get',
    path: '/v3/mail/batch/{id}',
    summary: "SendGrid's check of a batch id, passed on",
    who: WHO,
    answers: { 200: "SendGrid's answer" },
  },
];
