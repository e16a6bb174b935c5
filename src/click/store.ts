import type { Queryable } from '../db/db.js';
import type { StaticLabels } from './static-labels.js';
import { RULES_VERSION, type Visitor } from './visitor.js';

/** How a link is named: by its code, by its code on a company's own host, or by the company's slug (its static link). */
export type LookupBy = 'code' | 'host' | 'slug';

/** One request for a link, before it is known whether the link exists. */
export type Click = Readonly<{
  /** UUID, version 7, lower case. */
  id: string;
  by: LookupBy;
  /** The code, or the slug. */
  key: string;
  /** The company's link host; `''` unless `by` is `host`. */
  host: string;
  /** Unix milliseconds. */
  at: number;
  visitor: Visitor;
  /** Keyed hash of the network address, hex; `''` where none is kept. */
  visitorHash: string;
  /** The AS number of the visitor's network; null where it is unknown, or not kept. */
  asn: number | null;
  /** What a company wrote behind its static link. */
  labels?: StaticLabels;
}>;

/** Links of one company that clicks of a batch found. */
export type Found = Readonly<{
  companyId: string;
  destinationUrl: string | null;
  /** The code of the company's static link, where links are named by slug; else null: the click's key is the code. */
  code: string | null;
  /** The places in the batch of the clicks that found them, from 0. */
  places: readonly number[];
}>;

/** The columns of `r`, one array a column: of a click, in the order of the parameters. */
const CLICK = ['id uuid', 'key text', 'at float8', 'profile int', 'visitor bytea', 'asn int'];
const HOST = ['host text'];
/** Labels come with the static link alone: the statement for candidates' links is free of them. */
const LABELS = ['job text', 'stage text'];
/** The columns of `p`: visitors with the same agent share one, so that long texts cross the wire once a batch. */
const PROFILE = [
  'profile int',
  'class text',
  'cue text',
  'method text',
  'agent text',
  'browser text',
  'os text',
  'device text',
  'prefetch boolean',
];

const MORE: Readonly<Record<LookupBy, readonly string[]>> = { code: [], host: HOST, slug: LABELS };

const FOUND: Readonly<Record<LookupBy, string>> = {
  code: 'JOIN links l ON l.code = r.key',
  host: 'JOIN links l ON l.code = r.key JOIN companies c ON c.id = l.company_id AND c.link_host = r.host',
  slug: `JOIN companies c ON c.slug = r.key JOIN links l ON l.company_id = c.id AND l.kind = 'static'`,
};

/** Arrays of parameters as a table. @param first the number of the first parameter */
function table(name: string, columns: readonly string[], first: number): string {
  const arrays = columns.map((column, place) => `$${first + place}::${column.split(' ')[1]}[]`);
  return `unnest(${arrays.join(', ')}) AS ${name} (${columns.map((column) => column.split(' ')[0]).join(', ')})`;
}

/**
 * Nothing is worked out twice, since whatever a statement begins costs each batch, however small: the insert itself says
 * what was found. It comes back as one row a company: a row a click would cost both sides more than its look-up.
 */
function statementOf(by: LookupBy, known: '' | 'ON CONFLICT (id) DO NOTHING'): string {
  const columns = [...CLICK, ...MORE[by]];
  const labels =
    by === 'slug' ? { names: ', job, stage', read: ', r.job, r.stage' } : { names: '', read: '' };
  return `WITH recorded AS (
    INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method, user_agent, browser, os, device, visitor, asn, prefetch${labels.names})
    SELECT r.id, to_timestamp(r.at / 1000), l.code, l.company_id, p.class, ARRAY[p.cue], $1, p.method, p.agent, p.browser,
           p.os, p.device, r.visitor, r.asn, p.prefetch${labels.read}
    FROM ${table('r', columns, 2)}
    JOIN ${table('p', PROFILE, 2 + columns.length)} ON p.profile = r.profile
    ${FOUND[by]}
    ${known}
    RETURNING id, company_id, code
  )
  SELECT f.company_id AS "companyId", c.destination_url AS "destinationUrl", f.code, f.ids
  FROM (SELECT company_id, ${by === 'slug' ? 'min(code)' : 'NULL::text'} AS code, string_agg(id::text, ',') AS ids
        FROM recorded GROUP BY company_id) AS f
  JOIN companies c ON c.id = f.company_id`;
}

type Statements = Readonly<Record<LookupBy, string>>;

/** For ids that were made a moment ago: asking whether they are known costs a look-up and a WAL record a row. */
const FIRST: Statements = {
  code: statementOf('code', ''),
  host: statementOf('host', ''),
  slug: statementOf('slug', ''),
};
const AGAIN: Statements = {
  code: statementOf('code', 'ON CONFLICT (id) DO NOTHING'),
  host: statementOf('host', 'ON CONFLICT (id) DO NOTHING'),
  slug: statementOf('slug', 'ON CONFLICT (id) DO NOTHING'),
};

/** A connection that says nothing for this long is given up (milliseconds); the pool opens another. */
const QUERY_TIMEOUT = 5_000;
/**
 * An array as PostgreSQL writes it. Only for what needs no escape (ids, numbers, hex digits, codes, slugs): the driver
 * looks at each element of a JavaScript array, and that is most of what a statement costs on our side.
 */
function plainArray(elements: readonly (string | number)[]): string {
  return `{${elements.join(',')}}`;
}

/** A `bytea` inside an array; hex digits, `''` for none. */
function bytes(hex: string): string {
  return hex === '' ? 'NULL' : `"\\\\x${hex}"`;
}

/**
 * Resolves and records new clicks in one statement, committed when this resolves. A click whose link does not exist is
 * not stored. Revoked links count.
 * @param clicks all with the same `by`
 * @returns what the clicks whose link exists have found, in no order
 * @throws when an id is stored already; then none of the clicks is stored by this call
 */
export async function recordClicks(db: Queryable, by: LookupBy, clicks: readonly Click[]): Promise<Found[]> {
  const rows = await record(db, by, clicks, { sql: FIRST[by], name: `record-clicks-${by}` });
  const placeOf = new Map<string, number>();
  for (let place = 0; place < clicks.length; place += 1) placeOf.set(clicks[place]!.id, place);
  return rows.map(({ ids, ...found }) => ({
    ...found,
    places: ids.split(',').map((id) => placeOf.get(id)!),
  }));
}

/** As `recordClicks`; a click whose id is stored already stays as it is, so that a replay counts once. */
export async function recordClicksAgain(
  db: Queryable,
  by: LookupBy,
  clicks: readonly Click[],
): Promise<void> {
  await record(db, by, clicks, { sql: AGAIN[by], name: `record-again-${by}` });
}

/** The different visitors of a batch, and which of them each click is of. */
function profilesOf(clicks: readonly Click[]) {
  const profiles: Visitor[] = [];
  const profileOf = new Map<Visitor, number>();
  const places = clicks.map(({ visitor }) => {
    let place = profileOf.get(visitor);
    if (place === undefined) {
      place = profiles.push(visitor) - 1;
      profileOf.set(visitor, place);
    }
    return place;
  });
  return { profiles, places };
}

type Row = Omit<Found, 'places'> & { ids: string };

function record(
  db: Queryable,
  by: LookupBy,
  clicks: readonly Click[],
  statement: Readonly<{ sql: string; name: string }>,
): Promise<Row[]> {
  const { profiles, places } = profilesOf(clicks);
  return db.query<Row>(
    statement.sql,
    [
      RULES_VERSION,
      plainArray(clicks.map((click) => click.id)),
      plainArray(clicks.map((click) => click.key)),
      plainArray(clicks.map((click) => click.at)),
      plainArray(places),
      plainArray(clicks.map((click) => bytes(click.visitorHash))),
      // A click that was spooled before there was a number has none.
      plainArray(clicks.map((click) => click.asn ?? 'NULL')),
      ...(by === 'host' ? [clicks.map((click) => click.host)] : []),
      ...(by === 'slug' ? [clicks.map(({ labels }) => labels?.job ?? null)] : []),
      ...(by === 'slug' ? [clicks.map(({ labels }) => labels?.stage ?? null)] : []),
      profiles.map((_, place) => place),
      profiles.map((profile) => profile.visitorClass),
      profiles.map((profile) => profile.cue),
      profiles.map((profile) => profile.method),
      profiles.map((profile) => profile.agent),
      profiles.map((profile) => profile.browser),
      profiles.map((profile) => profile.os),
      profiles.map((profile) => profile.device),
      profiles.map((profile) => profile.prefetch ?? false),
    ],
    { name: statement.name, timeout: QUERY_TIMEOUT },
  );
}

/**
 * Moves what is new in the index on the codes into its tree. Until then who asks for the clicks of a code reads all that
 * is new; PostgreSQL does it by itself only when it looks after the table, and PGlite never.
 * @returns how many pages of new entries there were
 */
export async function settleCodes(db: Queryable): Promise<number> {
  const [row] = await db.query<{ pages: number }>(`SELECT gin_clean_pending_list('clicks_code') AS pages`);
  return row!.pages;
}
