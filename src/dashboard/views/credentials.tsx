import type { Credential, IssuedCredential } from '../../company/credentials.js';
import type { Session } from '../../web/session.js';
import {
  COMPANY_SCOPES,
  type CompanyScope,
  type CredentialsSaid,
  type CredentialWords,
  credentialWordsOf,
} from '../credential-words.js';
import { framedPage, PageHead, type Place } from './frame.js';
import type { View } from './view.js';

const HERE = '/dashboard/credentials';
const POLICIES = ['explicit', 'auto', 'all', 'shadow'] as const;
const KINDS = ['smtp', 'api'] as const;

export type CredentialList = Readonly<{
  credentials: readonly Credential[];
  said: CredentialsSaid | undefined;
}>;

type Part = Readonly<{ who: Session; view: View; c: CredentialWords }>;

function nameOf(c: CredentialWords, { label, username }: Credential): string {
  return label ?? username ?? c.unnamed;
}

function Revoke({ who, c, one }: Part & { one: Credential }) {
  return (
    <details class="confirm">
      <summary aria-label={c.revokeOf(nameOf(c, one))}>{c.revoke}</summary>
      <form method="post" action={`${HERE}/${one.id}/revocation`}>
        <input type="hidden" name="csrf" value={who.csrf} />
        <p>{c.revokeAsk}</p>
        <button type="submit" class="button risky">
          {c.revokeYes}
        </button>
      </form>
    </details>
  );
}

function Row(part: Part & { one: Credential }) {
  const { view, c, one } = part;
  const { format, now } = view;
  const scopes = COMPANY_SCOPES.filter((scope) => one.scopes.includes(scope));
  return (
    <tr class={one.revokedAt ? 'gone' : undefined}>
      <th scope="row">
        {nameOf(c, one)}
        {one.label && one.username && <small>{one.username}</small>}
      </th>
      <td>
        {c.kinds[one.kind]}
        {scopes.length > 0 && <small>{scopes.map((scope) => c.scopes[scope]).join(' · ')}</small>}
      </td>
      <td>{one.policy ? c.policies[one.policy] : c.inherited}</td>
      <td data-name={c.columns.used}>
        {one.lastUsedAt ? (
          <time dateTime={one.lastUsedAt.toISOString()} title={format.exact(one.lastUsedAt)}>
            {format.ago(one.lastUsedAt, now)}
          </time>
        ) : (
          c.never
        )}
      </td>
      <td data-name={c.columns.made}>{format.moment(one.createdAt)}</td>
      <td class="actions">
        {one.revokedAt ? (
          <span class="tag">{c.revoked(format.moment(one.revokedAt))}</span>
        ) : (
          <Revoke {...part} />
        )}
      </td>
    </tr>
  );
}

/** Those in force first. */
function Table(part: Part & { credentials: readonly Credential[] }) {
  const { c, credentials } = part;
  const sorted = [...credentials].sort((left, right) => Number(!!left.revokedAt) - Number(!!right.revokedAt));
  return (
    <table class="rows">
      <thead>
        <tr>
          {Object.entries(c.columns).map(([key, name]) => (
            <th key={key} scope="col">
              {name}
            </th>
          ))}
          <td />
        </tr>
      </thead>
      <tbody>
        {sorted.map((one) => (
          <Row key={one.id} {...part} one={one} />
        ))}
      </tbody>
    </table>
  );
}

function Kinds({ c }: { c: CredentialWords }) {
  return (
    <fieldset class="choices-of">
      <legend>{c.kind}</legend>
      {KINDS.map((kind) => (
        <label key={kind}>
          <input type="radio" name="kind" value={kind} checked={kind === 'smtp'} />
          {c.kinds[kind]}
        </label>
      ))}
    </fieldset>
  );
}

const USUAL: readonly CompanyScope[] = ['read', 'links', 'mail'];

function Scopes({ c }: { c: CredentialWords }) {
  return (
    <fieldset class="choices-of only-api">
      <legend>{c.scopesTitle}</legend>
      {COMPANY_SCOPES.map((scope) => (
        <label key={scope}>
          <input type="checkbox" name={scope} value="yes" checked={USUAL.includes(scope)} />
          {c.scopes[scope]}
        </label>
      ))}
      <p class="note">{c.scopesHint}</p>
    </fieldset>
  );
}

function Issue({ who, c }: Part) {
  return (
    <section id="new">
      <h2>{c.create}</h2>
      <form class="fields issue" method="post" action={HERE}>
        <input type="hidden" name="csrf" value={who.csrf} />
        <Kinds c={c} />
        <label class="wide">
          {c.label}
          <input name="label" maxLength={100} autoComplete="off" aria-describedby="label-hint" />
          <span id="label-hint">{c.labelHint}</span>
        </label>
        <label>
          {c.policy}
          <select name="policy">
            <option value="">{c.inherited}</option>
            {POLICIES.map((policy) => (
              <option key={policy} value={policy}>
                {c.policies[policy]}
              </option>
            ))}
          </select>
          <span aria-hidden="true">&nbsp;</span>
        </label>
        <Scopes c={c} />
        <button type="submit">{c.issue}</button>
      </form>
    </section>
  );
}

/** The credentials of a company and a form for another. */
export function credentialsPage(
  who: Session,
  places: readonly Place[],
  view: View,
  { credentials, said }: CredentialList,
): string {
  const c = credentialWordsOf(who.locale);
  const part = { who, view, c };
  return framedPage({
    who,
    title: c.title,
    here: HERE,
    places,
    styles: ['desk.css', 'settings.css'],
    children: (
      <>
        <PageHead title={c.title} lead={c.lead} />
        {said && (
          <p class={said === 'revoked' ? 'said whole' : 'said asks whole'} role="status">
            {c.said[said]}
          </p>
        )}
        <section>
          {credentials.length === 0 ? (
            <div class="nothing">
              <h2>{c.none}</h2>
              <p>{c.noneLead}</p>
            </div>
          ) : (
            <Table {...part} credentials={credentials} />
          )}
        </section>
        <Issue {...part} />
      </>
    ),
  });
}

export type Issued = Readonly<{
  issued: IssuedCredential;
  server: Readonly<{ host: string; port: number }>;
}>;

/** A value to take along: selected whole by one click, or by the button where scripts run. */
function Secret({ c, name, value }: { c: CredentialWords; name: string; value: string }) {
  return (
    <div class="line">
      <h3>
        {name}
        <button type="button" class="copy" data-copied={c.copied} hidden>
          {c.copy}
        </button>
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach that (WCAG 2.1.1) */}
      <pre tabIndex={0}>{value}</pre>
    </div>
  );
}

/** The one time that a secret is shown. */
export function issuedPage(
  who: Session,
  places: readonly Place[],
  _view: View,
  { issued, server }: Issued,
): string {
  const c = credentialWordsOf(who.locale);
  const values: [string, string][] =
    issued.kind === 'smtp'
      ? [
          [c.server, server.host],
          [c.port, String(server.port)],
          [c.username, issued.username],
          [c.password, issued.password],
        ]
      : [[c.key, issued.key]];
  return framedPage({
    who,
    title: c.issued,
    here: HERE,
    places,
    styles: ['desk.css', 'ways.css', 'settings.css'],
    modules: ['copy.js'],
    children: (
      <>
        <PageHead title={c.issued} />
        <p class="said asks whole" role="status">
          {c.once}
        </p>
        <section class="secrets">
          {values.map(([name, value]) => (
            <Secret key={name} c={c} name={name} value={value} />
          ))}
          <p class="pager">
            <a class="button" href={HERE}>
              {c.done}
            </a>
          </p>
        </section>
      </>
    ),
  });
}
