import type { SendgridAccount } from '../../company/sendgrid-account.js';
import type { Session } from '../../web/session.js';
import type { View } from './view.js';

/** What the forms of a SendGrid account say after they were sent. */
export const SENDGRID_SAID = ['kept', 'removed', 'invalid'] as const;
export type SendgridSaid = (typeof SENDGRID_SAID)[number];

export type SendgridDesk = Readonly<{
  account: SendgridAccount | undefined;
  /** What takes the place of SendGrid's own base URL. */
  baseUrl: string;
  said: SendgridSaid | undefined;
}>;

function State({ view: { w, format }, account }: { view: View; account: SendgridDesk['account'] }) {
  if (!account) return <p>{w.sendgrid.none}</p>;
  const since = format.moment(account.depositedAt);
  return <p>{account.hint ? w.sendgrid.own(account.hint, since) : w.sendgrid.installation(since)}</p>;
}

/** Whose SendGrid account the company's mails go by; its admins deposit, replace and remove the key. */
export function SendgridSetup({ who, view, desk }: { who: Session; view: View; desk: SendgridDesk }) {
  const { sendgrid } = view.w;
  return (
    <section class="setup" id="sendgrid">
      <h2>{sendgrid.title}</h2>
      <p>{sendgrid.lead}</p>
      <p>
        <code>{desk.baseUrl}</code>
      </p>
      {desk.said && (
        <p class={desk.said === 'invalid' ? 'said asks' : 'said'} role="status">
          {sendgrid.said[desk.said]}
        </p>
      )}
      <State view={view} account={desk.account} />
      {who.member.role === 'admin' && (
        <>
          <form class="fields" method="post" action="/dashboard/sendgrid">
            <input type="hidden" name="csrf" value={who.csrf} />
            <label class="wide">
              {sendgrid.key}
              <input type="password" name="apiKey" required autocomplete="off" spellcheck={false} />
            </label>
            <button type="submit">{desk.account ? sendgrid.replace : sendgrid.keep}</button>
          </form>
          {desk.account && (
            <form class="fields" method="post" action="/dashboard/sendgrid/removal">
              <input type="hidden" name="csrf" value={who.csrf} />
              <button type="submit">{sendgrid.remove}</button>
            </form>
          )}
        </>
      )}
    </section>
  );
}
