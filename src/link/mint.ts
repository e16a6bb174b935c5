import type { Config } from '../config.js';
import type { Queryable } from '../db/db.js';
import type { Deps } from '../deps.js';
import { mailDomainOf } from '../mail-domain.js';
import { newCode } from './code.js';
import type { LinkOrigin } from './store.js';

/** How a company labels a message or a link, for its own analysis. */
export type Labels = Readonly<{
  job?: string;
  stage?: string;
  source?: string;
  /** The company's own id of the candidate. */
  externalId?: string;
  /** Of the mail that carries it. */
  language?: 'ja' | 'en';
}>;

export type LinkRequest = Readonly<{
  recipient?: string;
  labels?: Labels;
  /** Keyed hash of what the link is for. Minting twice with the same key gives the same code. */
  mintKey?: Buffer;
}>;

/** With 10^8 links in use a fresh code is taken once in three million; a batch that meets one draws again. */
const ATTEMPTS = 5;

/**
 * Mints links of one company, committed when this resolves; in the order of `requests`.
 * Requests with a `mintKey` that was used before get the code of that time (their labels stay as they were).
 * @returns one code a request
 */
export async function mintLinks(
  deps: Pick<Deps, 'clock' | 'randomBytes' | 'linkCache'>,
  db: Queryable,
  companyId: string,
  origin: LinkOrigin,
  requests: readonly LinkRequest[],
): Promise<string[]> {
  const codes: (string | undefined)[] = requests.map(() => undefined);
  for (let attempt = 1; ; attempt += 1) {
    // By its place, never by the object: one that is passed twice without a key asks for two links.
    const open = requests.flatMap((request, place) => (codes[place] ? [] : [{ request, place }]));
    if (open.length === 0) break;
    if (attempt > ATTEMPTS) throw new Error(`no free link code in ${ATTEMPTS} draws`);
    const drawn = open.map(() => newCode(deps.randomBytes(32)));
    const wanted = open.map(({ request }) => request);
    const inserted = await insertLinks(db, companyId, origin, deps.clock(), drawn, wanted);
    const keyed = wanted.filter((request, at) => request.mintKey && !inserted.has(drawn[at]!));
    const before = keyed.length > 0 ? await findMinted(db, companyId, keyed) : new Map<string, string>();
    open.forEach(({ request, place }, at) => {
      const known = request.mintKey && before.get(request.mintKey.toString('hex'));
      codes[place] = inserted.has(drawn[at]!) ? drawn[at] : known;
    });
  }
  const inOrder = codes.map((code) => code!);
  deps.linkCache?.keepLinks(companyId, inOrder);
  return inOrder;
}

/** Inserts what it can. @returns the codes that are in now; a code or a mint key that was taken is left out */
async function insertLinks(
  db: Queryable,
  companyId: string,
  origin: LinkOrigin,
  at: Date,
  codes: readonly string[],
  requests: readonly LinkRequest[],
): Promise<Set<string>> {
  const rows = await db.query<{ code: string }>(
    `INSERT INTO links (code, company_id, kind, origin, mint_key, recipient, job, stage, source, external_id, created_at,
       language, mail_domain)
     SELECT code, $1, 'candidate', $2, decode(mint_key, 'hex'), recipient, job, stage, source, external_id, $3,
       language, mail_domain
     FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
         $12::text[])
       AS request (code, mint_key, recipient, job, stage, source, external_id, language, mail_domain)
     ON CONFLICT DO NOTHING
     RETURNING code`,
    [
      companyId,
      origin,
      at,
      codes,
      requests.map((request) => request.mintKey?.toString('hex') ?? null),
      requests.map((request) => request.recipient ?? null),
      requests.map((request) => request.labels?.job ?? null),
      requests.map((request) => request.labels?.stage ?? null),
      requests.map((request) => request.labels?.source ?? null),
      requests.map((request) => request.labels?.externalId ?? null),
      requests.map((request) => request.labels?.language ?? null),
      requests.map((request) => mailDomainOf(request.recipient)),
    ],
  );
  return new Set(rows.map((row) => row.code));
}

/** The codes of mint keys that were used before, by the key in hex. */
async function findMinted(
  db: Queryable,
  companyId: string,
  requests: readonly LinkRequest[],
): Promise<Map<string, string>> {
  const rows = await db.query<{ mintKey: string; code: string }>(
    `SELECT encode(mint_key, 'hex') AS "mintKey", code FROM links
     WHERE company_id = $1 AND mint_key IN (SELECT decode(key, 'hex') FROM unnest($2::text[]) AS key)`,
    [companyId, requests.flatMap((request) => request.mintKey?.toString('hex') ?? [])],
  );
  return new Map(rows.map((row) => [row.mintKey, row.code]));
}

/** The short URL of a code: on the company's own host where it has one. */
export function linkUrl(config: Config, code: string, linkHost: string | null): string {
  return linkHost ? `https://${linkHost}/${code}` : `${config.linkBaseUrl}/${code}`;
}
