import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { withinDeadline } from '../deadline.js';
import { type Finding, fail, ok, reasonOf, warn } from './finding.js';

/** Whoever answers questions about names; tests bring a server of their own. */
export type Names = Pick<Resolver, 'resolveTxt' | 'resolve4' | 'resolve6'>;

/** Milliseconds that a server of names has, and that all it takes for one answer may last. */
const PATIENCE = 2_000;
const IN_ALL = 4_000;

export function systemNames(): Names {
  return new Resolver({ timeout: PATIENCE, tries: 1 });
}

type Texts = Readonly<{ kind: 'texts'; texts: readonly string[] } | { kind: 'unknown'; reason: string }>;

/** The TXT records of a name, each put together; none where the name does not exist. */
async function textsOf(names: Names, name: string): Promise<Texts> {
  try {
    const records = await withinDeadline(names.resolveTxt(name), IN_ALL);
    return { kind: 'texts', texts: records.map((parts) => parts.join('')) };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOTFOUND' || code === 'ENODATA') return { kind: 'texts', texts: [] };
    return { kind: 'unknown', reason: reasonOf(error) };
  }
}

function unanswered(check: string, name: string, reason: string): Finding {
  return warn(check, `no answer about ${name} (${reason})`, `ask another server: dig TXT ${name}`);
}

/** RFC 7208: one record that lets the servers behind UPSTREAM_URL send for the domain of MAIL_FROM. */
export async function checkSpf(names: Names, domain: string): Promise<Finding> {
  const found = await textsOf(names, domain);
  if (found.kind === 'unknown') return unanswered('SPF', domain, found.reason);
  const records = found.texts.filter((text) => /^v=spf1(?: |$)/i.test(text));
  if (records.length === 0) {
    return warn(
      'SPF',
      `${domain} has no SPF record`,
      `publish a TXT record at ${domain}: v=spf1 include:… -all, naming the servers that UPSTREAM_URL sends by`,
    );
  }
  if (records.length > 1) {
    return fail(
      'SPF',
      `${domain} has ${records.length} SPF records`,
      'leave one: two are an error to receivers (RFC 7208 §4.5)',
    );
  }
  if (/[\s]\+?all\b/i.test(records[0]!)) {
    return warn('SPF', `${domain} lets anybody send: ${records[0]}`, 'end the record in -all or ~all');
  }
  return ok('SPF', `${domain}: ${records[0]}`);
}

/** RFC 7489: what receivers do with mails that only claim to be from the domain. */
export async function checkDmarc(names: Names, domain: string): Promise<Finding> {
  const name = `_dmarc.${domain}`;
  const found = await textsOf(names, name);
  if (found.kind === 'unknown') return unanswered('DMARC', name, found.reason);
  const record = found.texts.find((text) => /^v=DMARC1\s*;/i.test(text));
  if (record) return ok('DMARC', `${domain}: ${record}`);
  const todo = `publish a TXT record at ${name}: v=DMARC1; p=none; rua=mailto:… (and p=quarantine once the reports are clean)`;
  return warn('DMARC', `${domain} has no DMARC record`, todo);
}

/** A key that mails are signed with, as it must stand in DNS (RFC 6376 §3.6.1). */
export type PublishedKey = Readonly<{ domain: string; selector: string; publicKey: string }>;

export async function checkDkim(names: Names, key: PublishedKey): Promise<Finding> {
  const name = `${key.selector}._domainkey.${key.domain}`;
  const found = await textsOf(names, name);
  if (found.kind === 'unknown') return unanswered('DKIM', name, found.reason);
  const published = found.texts.map((text) => /(?:^|;)\s*p=([^;]*)/.exec(text)?.[1]?.replace(/\s+/g, ''));
  if (published.includes(key.publicKey)) return ok('DKIM', `${name} is published`);
  const what = found.texts.length === 0 ? 'is not published' : 'holds another key';
  return fail(
    'DKIM',
    `${name} ${what}: mails signed with it fail at the receiver`,
    'publish the record that GET /v1/companies/{id}/dkim-keys shows, or revoke the key',
  );
}

const LOCAL = /(?:^|\.)(?:localhost|local|test|example|invalid)$/i;

async function addressesOf(names: Names, host: string): Promise<readonly string[]> {
  const asked = [names.resolve4(host), names.resolve6(host), lookup(host, { all: true })];
  const answers = await Promise.allSettled(
    asked.map((one) => withinDeadline(one as Promise<unknown[]>, IN_ALL)),
  );
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  return [
    ...new Set(
      addresses.map((one) => (typeof one === 'string' ? one : (one as { address: string }).address)),
    ),
  ];
}

/** Whether candidates who follow a link find us. @param check what the host is for */
export async function checkHost(names: Names, check: string, host: string): Promise<Finding> {
  if (isIP(host.replace(/^\[|\]$/g, '')) || LOCAL.test(host)) {
    return warn(
      check,
      `${host} is known on this machine only`,
      'set BASE_URL to the public address before mails go to candidates',
    );
  }
  const addresses = await addressesOf(names, host);
  if (addresses.length > 0) return ok(check, `${host} is ${addresses.join(', ')}`);
  return fail(
    check,
    `${host} has no address`,
    `publish an A or AAAA record for ${host}, or a CNAME to the host of BASE_URL`,
  );
}
