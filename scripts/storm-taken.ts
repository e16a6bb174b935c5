import { createReadStream, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readMail, urlIn } from './candidate.js';

/** The sink's list: a Message-ID a line, in the order in which mails were taken. */
export const TAKEN = 'taken.txt';
/** Mails to this domain are kept whole by the sink, so that links in them can be followed. */
export const KEPT_DOMAIN = 'people.example';

/** How often each Message-ID was taken. */
export async function takenIn(directory: string): Promise<Map<string, number>> {
  const taken = new Map<string, number>();
  const path = join(directory, TAKEN);
  if (!existsSync(path)) return taken;
  for await (const id of createInterface(createReadStream(path))) taken.set(id, (taken.get(id) ?? 0) + 1);
  return taken;
}

/** The first URL that starts with `prefix` in a mail kept for `recipient`; the mail is removed. */
export async function keptUrl(
  directory: string,
  recipient: string,
  prefix: string,
): Promise<string | undefined> {
  const name = readdirSync(directory).find((one) => one.startsWith(`${recipient}-`) && one.endsWith('.eml'));
  if (name === undefined) return undefined;
  const path = join(directory, name);
  const url = urlIn(await readMail(readFileSync(path)), prefix);
  rmSync(path);
  return url;
}
