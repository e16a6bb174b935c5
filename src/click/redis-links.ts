import type { Db } from '../db/db.js';
import type { CachedCompany, LinkCache } from '../link/cache.js';
import type { RedisClient, RedisStore } from '../redis.js';
import type { Click } from './store.js';

/** Seconds that a link is remembered after it was minted or followed last; old mail is followed rarely. */
const LINK_KEPT = 90 * 86_400;
/** Milliseconds that a write of many keys may take; nobody waits for it. */
const WRITE = 2_000;

export type RememberedLink = Readonly<{ code: string; destinationUrl: string | null }>;

/** Links and companies as a fleet remembers them, and the reading of it. */
export interface RedisLinks extends LinkCache {
  /** Where a click leads; undefined when it is not known, or not on this host, or Redis is away or late. */
  find(click: Pick<Click, 'by' | 'key' | 'host'>): Promise<RememberedLink | undefined>;
}

type Entry = Readonly<{ key: string; value: string; seconds?: number }>;

/** Keys set in one command, during which Redis answers nobody else. */
const AT_ONCE = 1_000;
/** Sets the keys to the values, each followed by its seconds (0: for good). One command costs both sides less than many. */
const SET_ALL = `for at, key in ipairs(KEYS) do
  local value, seconds = ARGV[2 * at - 1], ARGV[2 * at]
  if seconds == '0' then redis.call('SET', key, value) else redis.call('SET', key, value, 'EX', seconds) end
end`;

/** Keys of links are spread over a cluster's nodes: each command goes its own way there, and all are one elsewhere. */
async function write(client: RedisClient, entries: readonly Entry[]): Promise<void> {
  if ('nodes' in client) {
    const sent = entries.map(({ key, value, seconds }) =>
      seconds ? client.set(key, value, 'EX', seconds) : client.set(key, value),
    );
    await Promise.all(sent);
    return;
  }
  for (let at = 0; at < entries.length; at += AT_ONCE) {
    const some = entries.slice(at, at + AT_ONCE);
    const values = some.flatMap(({ value, seconds = 0 }) => [value, seconds]);
    await client.call('EVAL', [SET_ALL, some.length, ...some.map(({ key }) => key), ...values]);
  }
}

async function companiesOf(db: Db): Promise<readonly (CachedCompany & { slug: string; code: string })[]> {
  return db.query(
    `SELECT c.id, c.destination_url AS "destinationUrl", c.link_host AS "linkHost", c.slug, l.code
     FROM companies c JOIN links l ON l.company_id = c.id AND l.kind = 'static'`,
  );
}

/**
 * The link cache in Redis. A link names its company and the company its destination, so that a destination that
 * changes changes for all links at once. Filled when links are minted, when they are followed, and with all companies
 * whenever a connection comes up.
 */
export function createRedisLinks(redis: RedisStore, db: Db): RedisLinks {
  const linkKey = (code: string) => redis.spreadKey(`link:${code}`);
  const slugKey = (slug: string) => redis.spreadKey(`slug:${slug}`);
  const companyKey = (id: string) => redis.spreadKey(`company:${id}`);

  function keep(entries: readonly Entry[]): void {
    if (entries.length === 0 || !redis.usable()) return;
    redis.run((client) => write(client, entries), WRITE).catch(() => {});
  }

  function entryOf({ id, destinationUrl, linkHost }: CachedCompany): Entry {
    return { key: companyKey(id), value: JSON.stringify([destinationUrl, linkHost]) };
  }

  async function lookUp(client: RedisClient, by: Click['by'], key: string, host: string) {
    const named = await client.get(by === 'slug' ? slugKey(key) : linkKey(key));
    if (!named) return undefined;
    const [companyId, code = key] = named.split(' ');
    const company = await client.get(companyKey(companyId!));
    if (!company) return undefined;
    const [destinationUrl, linkHost] = JSON.parse(company) as [string | null, string | null];
    return by === 'host' && linkHost !== host ? undefined : { code, destinationUrl };
  }

  redis.onReady(() => {
    companiesOf(db).then(
      (companies) =>
        keep(
          companies.flatMap((one) => [
            entryOf(one),
            { key: slugKey(one.slug), value: `${one.id} ${one.code}` },
          ]),
        ),
      () => {},
    );
  });

  return {
    keepLinks(companyId, codes) {
      keep(codes.map((code) => ({ key: linkKey(code), value: companyId, seconds: LINK_KEPT })));
    },
    keepCompany: (company) => keep([entryOf(company)]),
    keepStatic: (companyId, slug, code) => keep([{ key: slugKey(slug), value: `${companyId} ${code}` }]),
    async find({ by, key, host }) {
      if (!redis.usable()) return undefined;
      return redis.run((client) => lookUp(client, by, key, host)).catch(() => undefined);
    },
  };
}
