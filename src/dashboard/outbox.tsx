import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Router } from 'express';
import { z } from 'zod';
import type { Config } from '../config.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { forEverybody, passing } from '../web/access.js';
import { chosenLocale } from '../web/cookies.js';
import { pageFaults } from '../web/page-fault.js';
import { type Envelope, readLetter, type Written } from './letter.js';
import { letterPage, outboxPage } from './views/outbox.js';

/** The newest mails that the list shows; more are still in the folder. */
const SHOWN = 200;

/** The outbox is for trying out: it exists where mails are written to files, and in production never. */
export function outboxIsOpen(config: Config): boolean {
  return config.environment !== 'production' && config.upstream.kind === 'outbox';
}

const envelope = z.object({ from: z.string(), to: z.array(z.string()), at: z.string() });

/** An id is a file's name without its ending; nothing else reaches the file system. */
const isId = (text: string): boolean => /^[0-9a-f-]{36}$/.test(text);

async function readEnvelope(path: string): Promise<Envelope | undefined> {
  try {
    return envelope.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

async function readWritten(directory: string, id: string): Promise<Written> {
  const source = await readFile(join(directory, `${id}.eml`));
  return { id, source, envelope: await readEnvelope(join(directory, `${id}.json`)), ...readLetter(source) };
}

/** Ids sort by time (UUID version 7): the greatest is the newest. */
async function newestFirst(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => name.endsWith('.eml'))
    .map((name) => name.slice(0, -4))
    .filter(isId)
    .sort()
    .reverse();
}

async function findWritten(directory: string, id: string): Promise<Written> {
  if (!isId(id)) throw new AppError('not_found', 'no such mail');
  try {
    return await readWritten(directory, id);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new AppError('not_found', 'no such mail');
    throw error;
  }
}

/** The mail's own HTML may style itself and nothing else: no script, no request, no place but our frame. */
const LETTER_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";
const FRAME_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-src 'self'; frame-ancestors 'none'";

/** What went out, for whoever tries the service without a mail server behind it. */
export function outboxPages(deps: Deps): Router {
  const router = Router();
  if (!outboxIsOpen(deps.config)) return router;
  const directory = join(deps.config.dataDir, 'outbox');
  const tryers = forEverybody('development');
  const unkept = passing((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  router.use('/dev/outbox', unkept);
  router.get('/dev/outbox', tryers, async (request, response) => {
    const ids = await newestFirst(directory);
    const mails = await Promise.all(ids.slice(0, SHOWN).map((id) => readWritten(directory, id)));
    response.send(outboxPage(chosenLocale(deps, request, response), mails));
  });
  router.get('/dev/outbox/:id', tryers, async (request, response) => {
    const mail = await findWritten(directory, request.params.id);
    response.setHeader('Content-Security-Policy', FRAME_POLICY);
    response.send(letterPage(chosenLocale(deps, request, response), mail));
  });
  router.get('/dev/outbox/:id/html', tryers, async (request, response) => {
    const { html } = await findWritten(directory, request.params.id);
    if (html === undefined) throw new AppError('not_found', 'this mail has no HTML part');
    response.removeHeader('X-Frame-Options');
    response.setHeader('Content-Security-Policy', LETTER_POLICY).type('html').send(html);
  });
  router.get('/dev/outbox/:id/source', tryers, async (request, response) => {
    const { id, source } = await findWritten(directory, request.params.id);
    response.attachment(`${id}.eml`).type('message/rfc822').send(source);
  });
  return router.use('/dev/outbox', pageFaults);
}
