import { createHash, randomBytes } from 'node:crypto';
import { openPostgres } from '../src/db/db.js';
import { OPERATOR_KEY } from './storm-ground.js';

const COMPANIES = 3;
const LINKS = 200;

export type StormCompany = Readonly<{
  id: string;
  auth: Readonly<{ user: string; pass: string }>;
  codes: readonly string[];
  /** A signed-in recruiter's cookie. */
  cookie: string;
}>;

async function call<Answer>(port: number, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** Signs a member in without the mail: what is measured is the storm, not the sign-in. @returns the cookie */
async function session(databaseUrl: string, memberId: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const db = openPostgres(databaseUrl, 1);
  await db.query(
    `INSERT INTO sessions (token_hash, member_id, created_at, expires_at)
     VALUES ($1, $2, now(), now() + interval '7 days')`,
    [createHash('sha256').update(token).digest(), memberId],
  );
  await db.close();
  return `cr_session=${token}`;
}

async function makeCompany(port: number, databaseUrl: string, nth: number): Promise<StormCompany> {
  const { id } = await call<{ id: string }>(port, '/companies', {
    name: `株式会社嵐${nth}`,
    // One leads to the built-in page, the others to their own.
    ...(nth > 0 ? { destinationUrl: 'https://own.example/{code}/{click}' } : {}),
  });
  const credential = await call<{ username: string; password: string }>(
    port,
    `/companies/${id}/credentials`,
    {
      kind: 'smtp',
    },
  );
  const links = Array.from({ length: LINKS }, () => ({}));
  const minted = await call<{ links: { code: string }[] }>(port, '/links/batch', { company: id, links });
  const member = await call<{ id: string }>(port, `/companies/${id}/members`, {
    email: `recruiter-${nth}@storm.example`,
    role: 'admin',
  });
  return {
    id,
    auth: { user: credential.username, pass: credential.password },
    codes: minted.links.map(({ code }) => code),
    cookie: await session(databaseUrl, member.id),
  };
}

/** @param port of a process that serves the web */
export async function makeCompanies(port: number, databaseUrl: string): Promise<readonly StormCompany[]> {
  const made: StormCompany[] = [];
  for (let nth = 0; nth < COMPANIES; nth += 1) made.push(await makeCompany(port, databaseUrl, nth));
  return made;
}
