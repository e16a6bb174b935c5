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

const FOUND: Readonly<Record<LookupBy, string>> = {
  code: 'JOIN links l ON l.code = r.key JOIN companies c ON c.id = l.company_id',
  host: 'JOIN links l ON l.code = r.key JOIN companies c ON c.id = l.company_id AND c.link_host = r.host',
  slug: `JOIN companies c ON c.slug = r.key JOIN links l ON l.company_id = c.id AND l.kind = 'static'`,
};

/** Labels come with the static link alone: the statement for candidates' links is free of them. */
const NO_LABELS = { values: '', names: '', picked: '', read: '' };
const LABELS = {
  values: ', $18::text[], $19::text[]',
  names: ', job, stage',
  picked: ', r.job, r.stage',
  read: ', h.job, h.stage',
};

/**
 * Visitors with the same agent share one profile, so that long texts cross the wire once a batch. What was found comes
 * back as one row a company: a row a click would cost both sides more than its look-up.
 */
function statementOf(by: LookupBy, known: '' | 'ON CONFLICT (id) DO NOTHING'): string {
  const labels = by === 'slug' ? LABELS : NO_LABELS;
  return `WITH hit AS (
    SELECT r.place, r.id, r.at, r.profile, r.visitor, r.asn, l.code, l.company_id, c.destination_url${labels.picked}
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::float8[], $5::int[], $6::text[], $7::int[]${labels.values})
      WITH ORDINALITY AS r (id, key, host, at, profile, visitor, asn${labels.names}, place)
    ${FOUND[by]}
  ), recorded AS (
    INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method, user_agent, browser, os, device, visitor, asn, prefetch${labels.names})
    SELECT h.id, to_timestamp(h.at / 1000), h.code, h.company_id, p.class, ARRAY[p.cue], $8, p.method,
           p.agent, p.browser, p.os, p.device, decode(nullif(h.visitor, ''), 'hex'), h.asn, p.prefetch${labels.read}
    FROM hit h
    JOIN unnest($9::int[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
      $17::boolean[]) AS p (profile, class, cue, method, agent, browser, os, device, prefetch) ON p.profile = h.profile
    ${known}
  )
  SELECT company_id AS "companyId", destination_url AS "destinationUrl", ${by === 'slug' ? 'code' : 'NULL::text AS code'},
         string_agg((place - 1)::text, ',') AS places
  FROM hit GROUP BY 1, 2, 3`;
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
/** The empty text, inside an array. */
const NO_HASH = '""';

/**
 * An array as PostgreSQL writes it. Only for what needs no escape (ids, numbers, hex digits, codes, slugs): the driver
 * looks at each element of a JavaScript array, and that is most of what a statement costs on our side.
 */
function plainArray(elements: readonly (string | number)[]): string {
  return `{${elements.join(',')}}`;
}

/**
 * Resolves and records new clicks in one statement, committed when this resolves. A click whose link does not exist is
 * not stored. Revoked links count.
 * @param clicks all with the same `by`
 * @returns what the clicks whose link exists have found, in no order
 * @throws when an id is stored already; then none of the clicks is stored by this call
 */
export function recordClicks(db: Queryable, by: LookupBy, clicks: readonly Click[]): Promise<Found[]> {
  return record(db, by, clicks, { sql: FIRST[by], name: `record-clicks-${by}` });
}

/** As `recordClicks`; a click whose id is stored already stays as it is, so that a replay counts once. */
export function recordClicksAgain(db: Queryable, by: LookupBy, clicks: readonly Click[]): Promise<Found[]> {
  return record(db, by, clicks, { sql: AGAIN[by], name: `record-again-${by}` });
}

async function record(
  db: Queryable,
  by: LookupBy,
  clicks: readonly Click[],
  statement: Readonly<{ sql: string; name: string }>,
): Promise<Found[]> {
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
  const rows = await db.query<Omit<Found, 'places'> & { places: string }>(
    statement.sql,
    [
      plainArray(clicks.map((click) => click.id)),
      plainArray(clicks.map((click) => click.key)),
      by === 'host' ? clicks.map((click) => click.host) : '{}',
      plainArray(clicks.map((click) => click.at)),
      plainArray(places),
      plainArray(clicks.map((click) => click.visitorHash || NO_HASH)),
      // A click that was spooled before there was a number has none.
      plainArray(clicks.map((click) => click.asn ?? 'NULL')),
      RULES_VERSION,
      profiles.map((_, place) => place),
      profiles.map((profile) => profile.visitorClass),
      profiles.map((profile) => profile.cue),
      profiles.map((profile) => profile.method),
      profiles.map((profile) => profile.agent),
      profiles.map((profile) => profile.browser),
      profiles.map((profile) => profile.os),
      profiles.map((profile) => profile.device),
      profiles.map((profile) => profile.prefetch ?? false),
      ...(by === 'slug'
        ? [clicks.map(({ labels }) => labels?.job ?? null), clicks.map(({ labels }) => labels?.stage ?? null)]
        : []),
    ],
    { name: statement.name, timeout: QUERY_TIMEOUT },
  );
  return rows.map((row) => ({ ...row, places: row.places.split(',').map(Number) }));
}
