import PostalMime from 'postal-mime';
import { mintLinks } from '../../src/link/mint.js';
import type { TestApp } from '../harness/app.js';

export type Answers = Readonly<Record<string, string>>;

export const TARO: Answers = { name: '山田 太郎', email: 'taro@example.jp', provide_to_agency: 'yes' };

let networks = 1;

/** The proxy of the test is this machine: forms are limited by the address that it names. */
export const BEHIND_PROXY = { env: { TRUST_PROXY: 'loopback' } };

/** What a candidate does, by real HTTP and by reading the mail that really went out. */
export class Candidate {
  private readonly headers: Readonly<Record<string, string>>;

  /** @param network where the candidate comes from; each its own, so that forms are not limited by each other */
  constructor(
    private readonly app: TestApp,
    { language = 'ja', network = `2001:db8::${(networks++).toString(16)}` } = {},
  ) {
    this.headers = { 'accept-language': language, 'x-forwarded-for': network };
  }

  async open(path: string): Promise<{ status: number; html: string }> {
    const response = await fetch(`${this.app.baseUrl}${path}`, { headers: this.headers, redirect: 'manual' });
    return { status: response.status, html: await response.text() };
  }

  post(path: string, answers: Answers): Promise<Response> {
    return fetch(`${this.app.baseUrl}${path}`, {
      method: 'POST',
      headers: this.headers,
      redirect: 'manual',
      body: new URLSearchParams(answers),
    });
  }

  /** The paths of the links in mails of one kind, oldest first, once the jobs have run. */
  async mailedPaths(to?: string, kind: 'verify' | 'my-data' = 'verify'): Promise<string[]> {
    await this.app.app.jobs.drain();
    const mails = await Promise.all(this.app.outbox().map((bytes) => PostalMime.parse(bytes)));
    return mails
      .filter((mail) => to === undefined || mail.to?.[0]?.address === to)
      .flatMap((mail) => mail.text?.match(new RegExp(`/${kind}/[A-Za-z0-9_-]{43}`, 'g')) ?? []);
  }

  /** Registers at a path and confirms by mail. @returns the page after the button */
  async register(path: string, answers: Answers): Promise<string> {
    const sent = await this.post(path, answers);
    if (sent.status !== 303) throw new Error(`the form was answered ${sent.status}`);
    const verify = (await this.mailedPaths(answers.email)).at(-1)!;
    return (await this.post(verify, {})).text();
  }
}

export async function linkOf(app: TestApp, companyId: string): Promise<string> {
  const [code] = await app.db.transaction((tx) => mintLinks(app.deps, tx, companyId, 'api', [{}]));
  return code!;
}

/** A company's sums, 0 where it has no entries. */
export async function referralsOf(app: TestApp, companyId: string): Promise<number> {
  const [row] = await app.db.query<{ referrals: number }>(
    'SELECT coalesce(sum(referrals), 0)::int AS referrals FROM ledger_entries WHERE company_id = $1',
    [companyId],
  );
  return row!.referrals;
}

export type Row = Readonly<{ status: string; counted: boolean; reason: string | null; companyId: string }>;

export function registrationsOf(app: TestApp, email: string): Promise<Row[]> {
  return app.db.query<Row>(
    `SELECT status, counted, reason, company_id AS "companyId" FROM registrations WHERE email = $1 ORDER BY created_at, id`,
    [email],
  );
}
