import type { Config } from '../config.js';
import type { Queryable } from '../db/db.js';
import type { Deps } from '../deps.js';
import { newCode } from './code.js';
import type { LinkOrigin } from './store.js';

/** How a company labels a message or a link, for its own analysis. */
export type Labels = Readonly<{
  job?: string;
  stage?: string;
  source?: string;
  /** The company's own id of the candidate. */
  externalId?: string;
}>;

export type LinkRequest = Readonly<{
  recipient?: string;
  labels?: Labels;
  /** Keyed hash of what the link is for. Minting twice with the same key gives the same code. */
  mintKey?: Buffer;
}>;

/** Fresh codes collide about never (28^10); a batch that meets one is tried again with new ones. */
const ATTEMPTS = 3;

/**
 * Mints links of one company, committed when this resolves; in the order of `requests`.
 * Requests with a `mintKey` that was used before get the code of that time (their labels stay as they were).
 * @returns one code a request
 */
export async function mintLinks(
  deps: Pick<Deps, 'clock' | 'randomBytes'>,
  db: Queryable,
  companyId: string,
  origin: LinkOrigin,
  requests: readonly LinkRequest[],
): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const codes = requests.map(() => newCode(deps.randomBytes(32)));
    try {
      return await insertLinks(db, companyId, origin, deps.clock(), codes, requests);
    } catch (error) {
      const collided = (error as { constraint?: string }).constraint === 'links_pkey';
      if (!collided || attempt === ATTEMPTS) throw error;
    }
  }
}

async function insertLinks(
  db: Queryable,
  companyId: string,
  origin: LinkOrigin,
  at: Date,
  codes: readonly string[],
  requests: readonly LinkRequest[],
): Promise<string[]> {
  const keys = requests.map((request) => (request.mintKey ? request.mintKey.toString('hex') : null));
  const rows = await db.query<{ code: string; mintKey: string | null }>(
    `INSERT INTO links (code, company_id, kind, origin, mint_key, recipient, job, stage, source, external_id, created_at)
     SELECT code, $1, 'candidate', $2, decode(mint_key, 'hex'), recipient, job, stage, source, external_id, $3
     FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
       AS request (code, mint_key, recipient, job, stage, source, external_id)
     ON CONFLICT (company_id, mint_key) WHERE mint_key IS NOT NULL DO UPDATE SET mint_key = excluded.mint_key
     RETURNING code, encode(mint_key, 'hex') AS "mintKey"`,
    [
      companyId,
      origin,
      at,
      codes,
      keys,
      requests.map((request) => request.recipient ?? null),
      requests.map((request) => request.labels?.job ?? null),
      requests.map((request) => request.labels?.stage ?? null),
      requests.map((request) => request.labels?.source ?? null),
      requests.map((request) => request.labels?.externalId ?? null),
    ],
  );
  const byKey = new Map(rows.map((row) => [row.mintKey, row.code]));
  return requests.map((_, index) => {
    const key = keys[index];
    return key ? byKey.get(key)! : codes[index]!;
  });
}

/** The short URL of a code: on the company's own host where it has one. */
export function linkUrl(config: Config, code: string, linkHost: string | null): string {
  return linkHost ? `https://${linkHost}/${code}` : `${config.linkBaseUrl}/${code}`;
}
