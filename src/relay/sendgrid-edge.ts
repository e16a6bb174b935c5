import { type Request, type Response, Router } from 'express';
import type { Deps } from '../deps.js';
import { declared, passing } from '../web/access.js';
import type { Operation } from '../web/openapi.js';
import { sendgridBatchAnswer } from './answers.js';
import { errorAnswer, type SendgridAnswer, tooManyAnswer } from './sendgrid-answer.js';
import { LARGE_BODY, type LargeBodies, type Leave } from './sendgrid-limits.js';
import { LARGEST_BODY, type SendgridCall, type SendgridRelay } from './sendgrid-relay.js';

/** What SendGrid reads of a request; its key is another there. */
const PASSED = ['accept', 'content-type', 'content-encoding', 'on-behalf-of', 'user-agent'] as const;

type Body =
  | Readonly<{ kind: 'read'; body: Buffer; leave: Leave }>
  | Readonly<{ kind: 'too-large' }>
  | Readonly<{ kind: 'no-place' }>;

/** Takes a body in; from a megabyte on with a place of its own, until `leave` is called. What is left of others is not read. */
async function bodyOf(request: Request, places: LargeBodies): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  let leave: Leave | undefined;
  try {
    // Not destroyed at the end: the answer goes over the same connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LARGEST_BODY) return { kind: 'too-large' };
      if (size > LARGE_BODY && !leave) {
        leave = await places.take();
        if (!leave) return { kind: 'no-place' };
      }
      chunks.push(chunk);
    }
    const read = { kind: 'read' as const, body: Buffer.concat(chunks), leave: leave ?? (() => {}) };
    leave = undefined;
    return read;
  } finally {
    leave?.();
  }
}

function answerWith(response: Response, { status, headers, body }: SendgridAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}

/** The relay itself asks for the key, after the body, and refuses in SendGrid's words. */
const senders = declared({ kind: 'key', reach: 'sender', scopes: ['mail'] }, (_request, _response, next) =>
  next(),
);

const BUSY = tooManyAnswer('too many large requests at once; nothing was sent, try again', 5);

/** An answer to a request of which the rest is not read. */
function hangUp(response: Response, answer: SendgridAnswer): void {
  response.setHeader('connection', 'close');
  answerWith(response, answer);
}

/** `/v3`: what a program of the customer's finds where it looked for SendGrid. Errors have SendGrid's shape. */
export function sendgridRoutes(deps: Deps, relay: SendgridRelay, places: LargeBodies): Router {
  const router = Router();

  function route(work: (call: SendgridCall) => Promise<SendgridAnswer>) {
    return async (request: Request, response: Response): Promise<void> => {
      try {
        const key = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
        const caller = { key, address: request.ip ?? '' };
        const refused = await relay.refuse(caller);
        if (refused) return hangUp(response, refused);
        const taken = await bodyOf(request, places);
        if (taken.kind === 'too-large') return hangUp(response, errorAnswer(413, 'the request is too large'));
        if (taken.kind === 'no-place') return hangUp(response, BUSY);
        try {
          const method = request.method === 'GET' ? 'GET' : 'POST';
          const headers = Object.fromEntries(
            PASSED.flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : [])),
          );
          const { body } = taken;
          answerWith(response, await work({ ...caller, method, path: request.originalUrl, headers, body }));
        } finally {
          taken.leave();
        }
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
      429: 'too many wrong keys from this address, or too many large requests at once (Retry-After); or SendGrid’s own',
      503: 'nothing was sent: try again',
      504: "SendGrid's answer was lost: it may have been sent, and is not sent again from here",
    },
  },
  {
    method: 'post',
    path: '/v3/mail/batch',
    summary: "SendGrid's batch id, passed on",
    who: WHO,
    answers: { 201: { means: "SendGrid's answer", body: sendgridBatchAnswer } },
  },
  {
    method: 'get',
    path: '/v3/mail/batch/{id}',
    summary: "SendGrid's check of a batch id, passed on",
    who: WHO,
    answers: { 200: { means: "SendGrid's answer", body: sendgridBatchAnswer } },
  },
];
