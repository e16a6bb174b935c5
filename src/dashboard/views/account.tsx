import type { SecondFactor } from '../../company/second-factor.js';
import { type ListedSession, nameOf, type Session } from '../../web/session.js';
import { type AccountWords, accountWordsOf } from '../account-words.js';
import type { Format } from '../format.js';
import { framedPage, type Place } from './frame.js';

export type AccountView = Readonly<{ who: Session; places: readonly Place[]; format: Format }>;

export const ACCOUNT = '/account';
export const FACTOR = '/account/second-factor';

/** What is wrong with a code that was typed. */
export type CodeFault = 'wrong' | 'limited';

function Csrf({ who }: { who: Session }) {
  return <input type="hidden" name="csrf" value={who.csrf} />;
}

function SessionRow({ view: { who, format }, one }: { view: AccountView; one: ListedSession }) {
  const w = accountWordsOf(who.locale);
  const isHere = one.name === nameOf(who);
  return (
    <tr>
      <th scope="row">
        {one.device ?? w.unknownDevice} {isHere && <span class="tag">{w.here}</span>}
      </th>
      <td>{one.companyName ?? w.operator}</td>
      <td>{format.moment(one.lastUsedAt ?? one.createdAt)}</td>
      <td>{format.moment(one.createdAt)}</td>
      <td>
        {!isHere && (
          <form method="post" action={`${ACCOUNT}/sessions/end`}>
            <Csrf who={who} />
            <input type="hidden" name="session" value={one.name} />
            <button type="submit">{w.end}</button>
          </form>
        )}
      </td>
    </tr>
  );
}

function Sessions({ view, sessions }: { view: AccountView; sessions: readonly ListedSession[] }) {
  const w = accountWordsOf(view.who.locale);
  return (
    <>
      <div class="account-list">
        <table>
          <thead>
            <tr>
              <th scope="col">{w.device}</th>
              <th scope="col">{w.where}</th>
              <th scope="col">{w.lastUse}</th>
              <th scope="col">{w.since}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {sessions.map((one) => (
              <SessionRow key={one.name} view={view} one={one} />
            ))}
          </tbody>
        </table>
      </div>
      {sessions.length > 1 ? (
        <form method="post" action={`${ACCOUNT}/sessions/end-others`}>
          <Csrf who={view.who} />
          <button type="submit">{w.endOthers}</button>
        </form>
      ) : (
        <p class="note">{w.alone}</p>
      )}
    </>
  );
}

function FactorSummary({ view, factor }: { view: AccountView; factor: SecondFactor | undefined }) {
  const w = accountWordsOf(view.who.locale);
  const since = factor?.confirmedAt;
  return (
    <section>
      <h2>{w.factorTitle}</h2>
      <p>
        {since
          ? `${w.factorOn(view.format.moment(since))} ${w.recoveryLeft(factor.recoveryLeft)}`
          : w.factorOff}
      </p>
      {since ? (
        <p>
          <a href={FACTOR}>{w.manage}</a>
        </p>
      ) : (
        <form method="post" action={FACTOR}>
          <Csrf who={view.who} />
          <button type="submit" class="main">
            {w.begin}
          </button>
        </form>
      )}
    </section>
  );
}

function framed(view: AccountView, title: string, children: preact.ComponentChildren): string {
  const { who, places } = view;
  return framedPage({
    who,
    title,
    here: ACCOUNT,
    places,
    styles: ['parts.css'],
    children: <div class="parts">{children}</div>,
  });
}

/** Where somebody is signed in, and his second factor. `ended`: how many devices were just signed out. */
export function accountPage(
  view: AccountView,
  shown: Readonly<{
    sessions: readonly ListedSession[];
    factor: SecondFactor | undefined;
    ended: number | undefined;
  }>,
): string {
  const w = accountWordsOf(view.who.locale);
  return framed(
    view,
    w.title,
    <>
      <section>
        <h1>{w.title}</h1>
        <p>{w.lead(view.who.member.email)}</p>
        {shown.ended !== undefined && <p role="status">{w.ended(shown.ended)}</p>}
        <Sessions view={view} sessions={shown.sessions} />
      </section>
      {view.who.member.role === 'operator' && <FactorSummary view={view} factor={shown.factor} />}
    </>,
  );
}

function CodeForm(
  props: Readonly<{
    who: Session;
    action: string;
    label: string;
    button: string;
    fault: CodeFault | undefined;
    id: string;
  }>,
) {
  const w = accountWordsOf(props.who.locale);
  const fault = props.fault && w[props.fault];
  return (
    <form method="post" action={props.action} class="account-code">
      <Csrf who={props.who} />
      <label for={props.id}>{props.label}</label>
      <input
        id={props.id}
        name="code"
        type="text"
        autocomplete="one-time-code"
        maxlength={30}
        required
        aria-invalid={fault ? 'true' : undefined}
        aria-describedby={fault ? `${props.id}-fault` : undefined}
      />
      {fault && (
        <p id={`${props.id}-fault`} class="fault" role="alert">
          {fault}
        </p>
      )}
      <button type="submit">{props.button}</button>
    </form>
  );
}

/** Sets a second factor up. @param qr the secret as a QR code (a `data:` URL) @param key the same, to be typed */
export function setUpPage(
  view: AccountView,
  { qr, key, fault }: Readonly<{ qr: string; key: string; fault: CodeFault | undefined }>,
): string {
  const w = accountWordsOf(view.who.locale);
  return framed(
    view,
    w.factorTitle,
    <section>
      <h1>{w.factorTitle}</h1>
      <p>{w.setUpLead}</p>
      <img class="account-qr" src={qr} alt={w.qr} width="220" height="220" />
      <p>{w.secret}</p>
      <p>
        <code>{key}</code>
      </p>
      <CodeForm
        id="code"
        who={view.who}
        action={`${FACTOR}/confirmation`}
        label={w.code}
        button={w.confirm}
        fault={fault}
      />
    </section>,
  );
}

/** A second factor in force: new recovery codes, or without it again. Both take a code. */
export function factorPage(
  view: AccountView,
  factor: SecondFactor,
  fault: Readonly<{ of: 'codes' | 'removal'; why: CodeFault }> | undefined,
): string {
  const w: AccountWords = accountWordsOf(view.who.locale);
  const faultOf = (form: 'codes' | 'removal') => (fault?.of === form ? fault.why : undefined);
  return framed(
    view,
    w.factorTitle,
    <section>
      <h1>{w.factorTitle}</h1>
      <p>{w.recoveryLeft(factor.recoveryLeft)}</p>
      <CodeForm
        id="codes"
        who={view.who}
        action={`${FACTOR}/codes`}
        label={w.currentCode}
        button={w.newCodes}
        fault={faultOf('codes')}
      />
      <CodeForm
        id="removal"
        who={view.who}
        action={`${FACTOR}/removal`}
        label={w.currentCode}
        button={w.remove}
        fault={faultOf('removal')}
      />
      <p>
        <a href={ACCOUNT}>{w.back}</a>
      </p>
    </section>,
  );
}

/** Recovery codes, this once. */
export function codesPage(view: AccountView, codes: readonly string[]): string {
  const w = accountWordsOf(view.who.locale);
  return framed(
    view,
    w.codesTitle,
    <section>
      <h1>{w.codesTitle}</h1>
      <p>{w.codesLead}</p>
      <ul class="account-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <p>
        <a class="button main" href={ACCOUNT}>
          {w.done}
        </a>
      </p>
    </section>,
  );
}
