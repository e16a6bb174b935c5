import type { z } from 'zod';

const ADDRESS = /\S@\S{1,255}\.\S/;

/**
 * Ids, references, versions and reasons are kept when a person's data is erased, so they must not name one. Names cannot be
 * told from other words; addresses can, also with full-width signs.
 */
export function anonymous<Text extends z.ZodType<string>>(schema: Text) {
  return schema.refine((text) => !ADDRESS.test(text.normalize('NFKC')), 'must not contain an e-mail address');
}

type Rules = Readonly<{ plus: boolean; dots: boolean; canonical?: string }>;

/** Google's mailboxes ignore dots and what follows a plus; googlemail.com is gmail.com (support.google.com/mail 7436150). */
const GMAIL: Rules = { plus: true, dots: true, canonical: 'gmail.com' };
/** Providers that deliver `name+tag@` to `name@` and keep dots apart. */
const PLUS: Rules = { plus: true, dots: false };

const PROVIDERS: ReadonlyMap<string, Rules> = new Map([
  ['gmail.com', GMAIL],
  ['googlemail.com', GMAIL],
  ...[
    'outlook.com',
    'outlook.jp',
    'hotmail.com',
    'hotmail.co.jp',
    'live.com',
    'live.jp',
    'icloud.com',
    'me.com',
    'mac.com',
    'fastmail.com',
    'proton.me',
    'protonmail.com',
    'pm.me',
  ].map((domain): [string, Rules] => [domain, PLUS]),
]);

/**
 * One spelling for all addresses that reach the same mailbox, as far as the provider's rules are known.
 * Only for comparing people: mail always goes to the address as it was typed. A provider that is not listed may give
 * `taro+1@` to somebody else, so there nothing but case and width is folded.
 * @param address `user@host`
 */
export function normaliseAddress(address: string): string {
  const folded = address.normalize('NFKC').trim().toLowerCase();
  const at = folded.lastIndexOf('@');
  const domain = folded.slice(at + 1);
  const rules = PROVIDERS.get(domain);
  let user = folded.slice(0, at);
  if (rules?.plus) user = user.replace(/(?<=.)\+.*$/, '');
  if (rules?.dots) user = user.replaceAll('.', '');
  return `${user}@${rules?.canonical ?? domain}`;
}

/**
 * The domains under which another spelling may reach the mailbox of `address`; none where only case and width differ.
 * @param address `user@host`
 */
export function domainsOf(address: string): readonly string[] {
  const own = normaliseAddress(address);
  const domain = own.slice(own.lastIndexOf('@') + 1);
  return [...PROVIDERS].flatMap(([name, rules]) => ((rules.canonical ?? name) === domain ? [name] : []));
}
