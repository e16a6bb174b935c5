import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Deps } from '../deps.js';
import { addressOf } from './recipients.js';
import { NO_EXTENSIONS } from './smtp-extensions.js';
import { asSmtpFault } from './smtp-fault.js';
import { type Reply, reply } from './smtp-reply.js';
import type { Content } from './splice.js';
import type { DataResult, Upstream, UpstreamSession } from './upstream-session.js';

/** What stands beside each `.eml`: the envelope, addresses without angle brackets. */
export type OutboxEnvelope = Readonly<{ from: string; to: readonly string[]; at: string }>;

/** Takes every mail and writes it to `<dataDir>/outbox/<uuid7>.eml`, exact bytes, with its envelope in `.json`. */
export function createOutbox(deps: Pick<Deps, 'config' | 'clock' | 'newId'>): Upstream {
  const directory = join(deps.config.dataDir, 'outbox');

  async function store(envelope: OutboxEnvelope, content: Content): Promise<Reply> {
    const id = deps.newId();
    await mkdir(directory, { recursive: true });
    const temporary = join(directory, `.${id}.part`);
    try {
      await pipeline(content, createWriteStream(temporary, { mode: 0o600 }));
      await writeFile(join(directory, `${id}.json`), `${JSON.stringify(envelope)}\n`, { mode: 0o600 });
      // The .eml comes last and whole: who lists the folder never sees half a mail.
      await rename(temporary, join(directory, `${id}.eml`));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return reply(250, `2.0.0 Ok: written as ${id}`);
  }

  function openSession(): UpstreamSession {
    let from = '';
    let to: string[] = [];
    return {
      async mail(path) {
        from = addressOf(path);
        to = [];
        return reply(250, '2.1.0 Ok');
      },
      async rcpt(path) {
        to.push(addressOf(path));
        return reply(250, '2.1.5 Ok');
      },
      async data(content): Promise<DataResult> {
        try {
          const answer = await store({ from, to, at: deps.clock().toISOString() }, content);
          return { kind: 'replied', reply: answer };
        } catch (error) {
          return { kind: 'lost-before-dot', cause: asSmtpFault(error) };
        }
      },
      release() {},
    };
  }

  return {
    extensions: async () => ({ ...NO_EXTENSIONS, eightBitMime: true, smtpUtf8: true, dsn: true }),
    open: async () => openSession(),
    close: async () => {},
  };
}
