import type { Member } from '../../company/members.js';
import type { Locale } from '../../company/store.js';
import type { Session } from '../../web/session.js';
import { COMPANY_ROLES_OFFERED, type MembersSaid, type MemberWords, memberWordsOf } from '../member-words.js';
import { framedPage, PageHead, type Place } from './frame.js';
import type { View } from './view.js';

const HERE = '/dashboard/members';
const GOOD: readonly MembersSaid[] = ['invited', 'changed', 'removed', 'same'];

export type MemberList = Readonly<{
  members: readonly Member[];
  mayChange: boolean;
  /** The company's language: what is offered first to somebody new. */
  locale: Locale;
  said: MembersSaid | undefined;
}>;

type Part = Readonly<{ who: Session; view: View; m: MemberWords; list: MemberList }>;

function RoleOptions({ m, chosen }: { m: MemberWords; chosen: Member['role'] }) {
  return (
    <>
      {COMPANY_ROLES_OFFERED.map((role) => (
        <option key={role} value={role} selected={role === chosen}>
          {m.roles[role]}
        </option>
      ))}
    </>
  );
}

function RoleForm({ who, m, one }: Part & { one: Member }) {
  return (
    <form class="inline" method="post" action={`${HERE}/role`}>
      <input type="hidden" name="csrf" value={who.csrf} />
      <input type="hidden" name="member" value={one.id} />
      <select name="role" aria-label={m.roleOf(one.email)}>
        <RoleOptions m={m} chosen={one.role} />
      </select>
      <button type="submit" aria-label={m.changeOf(one.email)}>
        {m.change}
      </button>
    </form>
  );
}

function Remove({ who, m, one }: Part & { one: Member }) {
  return (
    <details class="confirm">
      <summary aria-label={m.removeOf(one.email)}>{m.remove}</summary>
      <form method="post" action={`${HERE}/removal`}>
        <input type="hidden" name="csrf" value={who.csrf} />
        <input type="hidden" name="member" value={one.id} />
        <p>{m.removeAsk(one.email)}</p>
        <button type="submit" class="button risky">
          {m.removeYes}
        </button>
      </form>
    </details>
  );
}

function Row(part: Part & { one: Member; isOnlyAdmin: boolean }) {
  const { who, view, m, list, one, isOnlyAdmin } = part;
  const role = one.role === 'operator' ? '' : m.roles[one.role];
  const mayChange = list.mayChange && !isOnlyAdmin;
  return (
    <tr>
      <th scope="row">
        {one.email}
        {one.id === who.member.id && <span class="tag">{m.you}</span>}
      </th>
      <td>
        {mayChange ? <RoleForm {...part} /> : role}
        {list.mayChange && isOnlyAdmin && <small>{m.onlyAdmin}</small>}
      </td>
      <td data-name={m.columns.since}>{view.format.moment(one.createdAt)}</td>
      {list.mayChange && <td class="actions">{mayChange && <Remove {...part} />}</td>}
    </tr>
  );
}

function Table(part: Part) {
  const { m, list } = part;
  const admins = list.members.filter(({ role }) => role === 'admin').length;
  return (
    <table class="rows">
      <thead>
        <tr>
          {Object.entries(m.columns).map(([key, name]) => (
            <th key={key} scope="col">
              {name}
            </th>
          ))}
          {list.mayChange && <td />}
        </tr>
      </thead>
      <tbody>
        {list.members.map((one) => (
          <Row key={one.id} {...part} one={one} isOnlyAdmin={one.role === 'admin' && admins === 1} />
        ))}
      </tbody>
    </table>
  );
}

function Invite({ who, m, list }: Part) {
  return (
    <section>
      <h2>{m.invite}</h2>
      <p class="note">{m.inviteLead}</p>
      <form class="fields" method="post" action={HERE}>
        <input type="hidden" name="csrf" value={who.csrf} />
        <label class="wide">
          {m.email}
          <input type="email" name="email" required maxLength={254} autoComplete="off" />
        </label>
        <label>
          {m.role}
          <select name="role">
            <RoleOptions m={m} chosen="viewer" />
          </select>
        </label>
        <label>
          {m.language}
          <select name="locale">
            {(['ja', 'en'] as const).map((locale) => (
              <option key={locale} value={locale} selected={locale === list.locale}>
                {m.languages[locale]}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">{m.send}</button>
      </form>
    </section>
  );
}

/** What each role may do, for whoever wonders which to give or to ask for. */
function Roles({ m }: { m: MemberWords }) {
  return (
    <dl class="facts roles">
      {COMPANY_ROLES_OFFERED.map((role) => (
        <div key={role}>
          <dt>{m.roles[role]}</dt>
          <dd>{m.may[role]}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The people of a company. */
export function membersPage(who: Session, places: readonly Place[], view: View, list: MemberList): string {
  const m = memberWordsOf(who.locale);
  const part = { who, view, m, list };
  return framedPage({
    who,
    title: m.title,
    here: HERE,
    places,
    styles: ['desk.css', 'settings.css'],
    children: (
      <>
        <PageHead title={m.title} lead={list.mayChange ? m.lead : `${m.lead}${m.readOnly}`} />
        {list.said && (
          <p class={GOOD.includes(list.said) ? 'said whole' : 'said asks whole'} role="status">
            {m.said[list.said]}
          </p>
        )}
        <section>
          <Table {...part} />
          <Roles m={m} />
        </section>
        {list.mayChange && <Invite {...part} />}
      </>
    ),
  });
}
