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

/** A link that a click found. */
export type Hit = Readonly<{
  /** The place of its click in the batch, from 1. */
  place: number;
  code: string;
  companyId: string;
  destinationUrl: string | null;
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

/** Visitors with the same agent share one profile, so that long texts cross the wire once a batch. */
function statementOf(by: LookupBy): string {
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
    ON CONFLICT (id) DO NOTHING
  )
  SELECT place::int, code, company_id AS "companyId", destination_url AS "destinationUrl" FROM hit`;
}

const STATEMENTS: Readonly<Record<LookupBy, string>> = {
  code: statementOf('code'),
  host: statementOf('host'),
  slug: statementOf('slug'),
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
 * Resolves and records clicks in one statement, committed when this resolves. A click whose link does not exist is not
 * stored; one whose id is stored already stays as it is, so that a replay counts once. Revoked links count.
 * @param clicks all with the same `by`
 * @returns the clicks whose link exists
 */
export async function recordClicks(db: Queryable, by: LookupBy, clicks: readonly Click[]): Promise<Hit[]> {
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
  return db.query<Hit>(
    STATEMENTS[by],
    [
      plainArray(clicks.map((click) => click.id)),
      plainArray(clicks.map((click) => click.key)),
      clicks.map((click) => click.host),
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
    { name: `record-clicks-${by}`, timeout: QUERY_TIMEOUT },
  );
}
