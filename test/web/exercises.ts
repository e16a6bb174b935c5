import { rowsOf } from '../dashboard/rows.js';
import { OPERATOR_KEY, type TestApp } from '../harness/app.js';

/** What the calls stand on: made once, before all of them. */
export type World = Readonly<{
  app: TestApp;
  /** A company with a row of everything. */
  company: string;
  keys: Readonly<{
    operator: string;
    second: string;
    agency: string;
    admin: string;
    links: string;
    mail: string;
  }>;
}>;

type Call = (world: World) => Promise<Response>;
/** The calls by which a route is exercised, in this order; each answer must be as the description says. */
export type Exercise = readonly Call[];

type Asked = Readonly<{
  body?: unknown;
  method?: string;
  key?: keyof World['keys'];
  headers?: Record<string, string>;
}>;

/** `{company}` in a path is the world's company. */
const ask =
  (path: string, { key = 'operator', ...rest }: Asked = {}): Call =>
  ({ app, keys, company }) =>
    app.call(`${path.startsWith('/v3') ? '' : '/v1'}${path.replace('{company}', company)}`, {
      key: keys[key],
      ...rest,
    });

const C = '/companies/{company}';

function csv(path: string, table: string, key: keyof World['keys']): Call {
  return ({ app, keys }) =>
    fetch(`${app.baseUrl}/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys[key]}`, 'content-type': 'text/csv' },
      body: table,
    });
}

/** Makes something, and calls what its answer names: `{id}` in the path. */
function thenAsk(make: Call, path: string, asked: Asked = {}, named = 'id'): Call {
  return async (world) => {
    const made = (await (await make(world)).json()) as Record<string, unknown>;
    return ask(path.replace('{id}', String(made[named])), asked)(world);
  };
}

const credential = (label: string) => ask(`${C}/credentials`, { key: 'admin', body: { kind: 'api', label } });
const dkim = (selector: string) =>
  ask(`${C}/dkim-keys`, { body: { domain: 'aoba.example', selector, algorithm: 'ed25519-sha256' } });
const adjustment = (reason: string) => ask(`${C}/adjustments`, { body: { credits: 1, reason } });
const report = (externalId: string, more: object = {}) => ({
  externalId,
  status: 'verified',
  candidate: { email: `${externalId}@example.jp`, name: '佐藤' },
  consent: { version: 'v1', at: '2026-11-20T10:00:00+09:00' },
  ...more,
});
const link = ask('/links', { key: 'links', body: { recipient: 'hanako@example.jp', job: '営業' } });
const registered =
  (externalId: string): Call =>
  async (world) => {
    const { code } = (await (await link(world)).json()) as { code: string };
    return ask('/registrations', { key: 'agency', body: report(externalId, { code }) })(world);
  };
const listed = {
  list: [
    { externalId: 'r-1', status: 'verified', month: '2026-11' },
    { externalId: 'gone', status: 'accepted', month: '2026-11' },
  ],
};
const mail = {
  from: { email: 'recruit@aoba.example' },
  personalizations: [{ to: [{ email: 'hanako@example.jp' }] }],
  subject: '選考結果のご連絡',
  content: [{ type: 'text/plain', value: '残念ながら見送りとなりました。' }],
};

/** By operation as the description names it. */
export const EXERCISES: Readonly<Record<string, Exercise>> = {
  'post /v1/companies': [
    ask('/companies', { body: { name: 'Minato Foods', slug: 'minato', locale: 'en' } }),
    ask('/companies', { body: { name: 'Taken', slug: 'minato' } }),
    ask('/companies', { body: { name: '' } }),
  ],
  'get /v1/companies': [ask('/companies'), ask('/companies', { key: 'admin' })],
  'get /v1/companies/{id}': [ask(C), ask('/companies/none')],
  'patch /v1/companies/{id}': [ask(C, { method: 'PATCH', body: { noticesOff: ['monthly_summary'] } })],
  'post /v1/companies/{id}/credentials': [
    credential('one'),
    ask(`${C}/credentials`, { body: { kind: 'smtp', policy: 'shadow' } }),
  ],
  'get /v1/companies/{id}/credentials': [ask(`${C}/credentials`)],
  'patch /v1/companies/{id}/credentials/{credential}': [
    thenAsk(credential('two'), `${C}/credentials/{id}`, { method: 'PATCH', body: { policy: 'all' } }),
    ask(`${C}/credentials/none`, { method: 'PATCH', body: { policy: null } }),
  ],
  'delete /v1/companies/{id}/credentials/{credential}': [
    thenAsk(credential('three'), `${C}/credentials/{id}`, { method: 'DELETE' }),
  ],
  'post /v1/credentials': [ask('/credentials', { body: { kind: 'api', scopes: ['agency'] } })],
  'post /v1/companies/{id}/dkim-keys': [dkim('relay1'), dkim('relay1')],
  'get /v1/companies/{id}/dkim-keys': [ask(`${C}/dkim-keys`)],
  'delete /v1/companies/{id}/dkim-keys/{key}': [
    thenAsk(dkim('relay2'), `${C}/dkim-keys/{id}`, { method: 'DELETE' }),
  ],
  'post /v1/companies/{id}/sendgrid': [
    ask(`${C}/sendgrid`, { body: { installation: true } }),
    ask(`${C}/sendgrid`, { body: { apiKey: 'SG.test-key-of-the-company-0123456789' } }),
  ],
  'get /v1/companies/{id}/sendgrid': [ask(`${C}/sendgrid`)],
  'get /v1/companies/{id}/block': [ask(`${C}/block`)],
  'post /v1/companies/{id}/block': [
    ask(`${C}/block`, { body: { version: 0, jobs: ['役員'] } }),
    ask(`${C}/block`, { body: { version: 0 } }),
  ],
  'post /v3/mail/send': [
    ask('/v3/mail/send', { key: 'mail', body: mail }),
    ask('/v3/mail/send', { key: 'mail', body: {} }),
  ],
  'post /v3/mail/batch': [ask('/v3/mail/batch', { key: 'mail', method: 'POST' })],
  'get /v3/mail/batch/{id}': [ask('/v3/mail/batch/b1', { key: 'mail' })],
  'delete /v1/companies/{id}/sendgrid': [
    ask(`${C}/sendgrid`, { method: 'DELETE' }),
    ask(`${C}/sendgrid`, { method: 'DELETE' }),
  ],
  'post /v1/links': [link, ask('/links', { body: {} })],
  'post /v1/links/batch': [
    ask('/links/batch', { key: 'links', body: { links: [{}, { externalId: 'a-1' }] } }),
  ],
  'delete /v1/links/{code}': [
    thenAsk(link, '/links/{id}', { method: 'DELETE', key: 'links' }, 'code'),
    ask('/links/nothing', { method: 'DELETE', key: 'links' }),
  ],
  'get /v1/links/{code}/qr.{format}': [
    thenAsk(link, '/links/{id}/qr.svg', { key: 'links' }, 'code'),
    thenAsk(link, '/links/{id}/qr.png?size=128', { key: 'links' }, 'code'),
  ],
  'get /v1/companies/{id}/qr.{format}': [ask(`${C}/qr.svg`), ask(`${C}/qr.png`), ask(`${C}/qr.svg?size=1`)],
  'post /v1/links/csv': [
    csv('/links/csv', 'メール,職種\nhanako@example.jp,営業\n', 'links'),
    csv('/links/csv?dryRun=true', 'メール,職種\nhanako@example.jp,営業\nno-address,営業\n', 'links'),
    csv('/links/csv', 'メール\nno-address\n', 'links'),
  ],
  'get /v1/program': [ask('/program')],
  'post /v1/program': [ask('/program', { body: { personWindowDays: 365 } })],
  'post /v1/companies/{id}/program': [ask(`${C}/program`, { body: { threshold: 1 } })],
  'get /v1/companies/{id}/program': [ask(`${C}/program`, { key: 'admin' })],
  'post /v1/registrations': [
    registered('r-1'),
    ask('/registrations', { key: 'agency', body: report('lost', { code: 'zzzzzzzzzz' }) }),
    ask('/registrations', { key: 'agency', body: report('lost', { code: 'zzzzzzzzzz' }) }),
    ask('/registrations', {
      key: 'agency',
      body: report('lost', { status: 'verified', candidate: { email: 'other@example.jp' } }),
    }),
  ],
  'get /v1/registrations/parked': [ask('/registrations/parked')],
  'get /v1/registrations/{externalId}': [
    ask('/registrations/r-1'),
    ask('/registrations/r-1', { key: 'agency' }),
    ask('/registrations/lost'),
    ask('/registrations/nothing'),
  ],
  'post /v1/registrations/batch': [
    ask('/registrations/batch', {
      key: 'agency',
      body: { registrations: [report('b-1'), report('b-1'), { externalId: 'b-2' }] },
    }),
  ],
  'post /v1/registrations/import': [
    csv('/registrations/import', 'externalId,status\ni-1,registered\n', 'agency'),
    csv('/registrations/import?dryRun=true', 'externalId,status\ni-2,registered\ni-3,nonsense\n', 'agency'),
    csv('/registrations/import', 'externalId,status\ni-3,nonsense\n', 'agency'),
  ],
  'post /v1/companies/{id}/redemptions': [
    ask(`${C}/redemptions`, { body: { quantity: 1, reference: 'intro-1' } }),
    ask(`${C}/redemptions`, { body: { quantity: 1, reference: 'intro-1' } }),
    ask(`${C}/redemptions`, { body: { quantity: 9, reference: 'intro-2' } }),
  ],
  'post /v1/companies/{id}/redemptions/{reference}/cancellation': [
    ask(`${C}/redemptions/intro-1/cancellation`, { body: { reason: 'not taken' } }),
    ask(`${C}/redemptions/intro-1/cancellation`, { body: { reason: 'not taken' } }),
    ask(`${C}/redemptions/none/cancellation`, { body: { reason: 'not taken' } }),
  ],
  'get /v1/companies/{id}/ledger': [ask(`${C}/ledger?limit=2`, { key: 'admin' }), ask(`${C}/ledger`)],
  'get /v1/companies/{id}/ledger/verify': [
    ask(`${C}/ledger/verify`),
    ask(`${C}/ledger/verify?sequence=1&hash=${'0'.repeat(64)}`),
  ],
  'post /v1/registrations/{externalId}/reversal': [
    ask('/registrations/r-1/reversal', { key: 'agency', body: { reason: 'twice' } }),
    ask('/registrations/r-1/reversal', { key: 'agency', body: { reason: 'twice' } }),
    ask('/registrations/none/reversal', { key: 'agency', body: { reason: 'twice' } }),
  ],
  'post /v1/program/exclusions': [
    ask('/program/exclusions', { body: { address: 'known@example.jp', reason: 'known before' } }),
  ],
  'get /v1/program/exclusions': [ask('/program/exclusions', { key: 'agency' })],
  'post /v1/companies/{id}/exclusions': [
    ask(`${C}/exclusions`, { key: 'admin', body: { domain: 'aoba.example', reason: 'own people' } }),
    ask(`${C}/exclusions`, { key: 'admin', body: { domain: 'aoba.example', reason: 'own people' } }),
  ],
  'get /v1/companies/{id}/exclusions': [ask(`${C}/exclusions`)],
  'delete /v1/exclusions/{exclusionId}': [
    thenAsk(
      ask(`${C}/exclusions`, { body: { domain: 'old.example', reason: 'tests' } }),
      '/exclusions/{id}',
      { method: 'DELETE' },
    ),
  ],
  'post /v1/companies/{id}/adjustments': [adjustment('one')],
  'get /v1/companies/{id}/adjustments': [ask(`${C}/adjustments`)],
  'post /v1/adjustments/{adjustmentId}/approval': [
    thenAsk(adjustment('two'), '/adjustments/{id}/approval', { key: 'second', method: 'POST' }),
    thenAsk(adjustment('mine'), '/adjustments/{id}/approval', { method: 'POST' }),
  ],
  'post /v1/adjustments/{adjustmentId}/rejection': [
    thenAsk(adjustment('three'), '/adjustments/{id}/rejection', { method: 'POST' }),
    ask('/adjustments/none/rejection', { method: 'POST' }),
  ],
  'get /v1/companies/{id}/statements/{month}': [ask(`${C}/statements/2026-11`), ask(`${C}/statements/soon`)],
  'get /v1/companies/{id}/statements/{month}.csv': [ask(`${C}/statements/2026-11.csv`)],
  'post /v1/reconciliations': [ask('/reconciliations', { key: 'agency', body: listed })],
  'get /v1/reconciliations': [ask('/reconciliations')],
  'get /v1/reconciliations/{reconciliationId}': [
    thenAsk(ask('/reconciliations', { body: listed }), '/reconciliations/{id}'),
    ask('/reconciliations/none'),
  ],
  'post /v1/signing-secrets': [ask('/signing-secrets', { body: { label: 'agency' } })],
  'get /v1/signing-secrets': [ask('/signing-secrets')],
  'delete /v1/signing-secrets/{id}': [
    thenAsk(ask('/signing-secrets', { body: {} }), '/signing-secrets/{id}', { method: 'DELETE' }),
  ],
  'get /v1/companies/{id}/stats': [ask(`${C}/stats`), ask(`${C}/stats?by=job`), ask(`${C}/stats?from=soon`)],
  'get /v1/companies/{id}/messages': [ask(`${C}/messages`), ask(`${C}/messages?verdict=unsure`)],
  'get /v1/companies/{id}/exports/{table}.{format}': [
    ask(`${C}/exports/daily.csv`),
    ask(`${C}/exports/messages.xlsx`),
    ask(`${C}/exports/people.csv`),
  ],
  'get /v1/companies/{id}/deliveries/ambiguous': [ask(`${C}/deliveries/ambiguous`)],
  'get /v1/deliveries/ambiguous': [ask('/deliveries/ambiguous')],
  'post /v1/companies/{id}/members': [
    ask(`${C}/members`, { key: 'admin', body: { email: 'new@aoba.example', role: 'member' } }),
    ask(`${C}/members`, { key: 'admin', body: { email: 'new@aoba.example', role: 'admin' } }),
    ask(`${C}/members`, { body: { email: 'no address', role: 'owner' } }),
  ],
  'get /v1/companies/{id}/members': [ask(`${C}/members`)],
  'post /v1/operators': [
    ask('/operators', { body: { email: 'ops@relay.example' } }),
    ask('/operators', { body: { email: 'ops@relay.example' } }),
  ],
  'post /v1/sign-in-links': [
    async (world) => {
      const member = { email: 'in@aoba.example', role: 'viewer' };
      const { id } = (await (await ask(`${C}/members`, { body: member })(world)).json()) as { id: string };
      return ask('/sign-in-links', { body: { member: id } })(world);
    },
    ask('/sign-in-links', { body: { member: '01990000-0000-7000-8000-00000000ffff' } }),
  ],
};

/** A company with mails of each kind, a click and a mail of which nobody knows. */
export async function createWorld(app: TestApp): Promise<World> {
  const company = (await app.company({ name: '株式会社青葉', slug: 'aoba' })).id;
  const rows = rowsOf(app, company);
  await rows.link('aaaaaaaaaa', '2026-11-20T01:00:00Z', { job: '営業' });
  await rows.message('2026-11-20T01:00:00Z', { action: 'inserted', code: 'aaaaaaaaaa', job: '営業' });
  await rows.message('2026-11-21T01:00:00Z', { verdict: 'unsure' });
  await rows.message('2026-11-21T02:00:00Z', { outcome: 'ambiguous' });
  await rows.click('aaaaaaaaaa', '2026-11-20T03:00:00Z');
  return {
    app,
    company,
    keys: {
      operator: OPERATOR_KEY,
      second: await app.apiKey(null, ['operator']),
      agency: await app.apiKey(null, ['agency']),
      admin: await app.apiKey(company, ['admin']),
      links: await app.apiKey(company, ['links']),
      mail: await app.apiKey(company, ['mail']),
    },
  };
}
