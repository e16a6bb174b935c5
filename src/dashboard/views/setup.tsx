import type { Session } from '../../web/session.js';
import type { Connection } from '../overview.js';
import { framedPage, type Place } from './frame.js';
import { type SendgridDesk, SendgridSetup } from './sendgrid-account.js';
import { type SetupState, SetupSteps } from './setup-steps.js';
import type { View } from './view.js';

function Smtp({ view: { w }, connection }: { view: View; connection: Connection }) {
  const rows: [string, string][] = [
    [w.setup.host, connection.host],
    [w.setup.port, String(connection.port)],
    [w.setup.tls, connection.tls ? w.setup.starttls : w.setup.noTls],
    [w.setup.user, connection.usernames.join(', ') || w.setup.noUser],
    [w.setup.password, w.setup.passwordHint],
    [w.setup.policy, w.setup.policies[connection.policy]],
  ];
  return (
    <dl class="settings">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How mail comes to pass through us: the empty state of a new company, and a page of its own later. */
export function Setup({
  view,
  connection,
  title,
  level,
  mayIssue,
}: {
  view: View;
  connection: Connection;
  title: string;
  level: 1 | 2;
  /** Whoever reads may make a credential. */
  mayIssue: boolean;
}) {
  const { w } = view;
  const Title = level === 1 ? 'h1' : 'h2';
  const Part = level === 1 ? 'h2' : 'h3';
  return (
    <section class="setup">
      <Title>{title}</Title>
      <p>{w.setup.lead}</p>
      <div class="ways">
        <div class="wide">
          <Part>{w.setup.smtp}</Part>
          <Smtp view={view} connection={connection} />
          {mayIssue && (
            <p class="issue-first">
              <a class="button" href="/dashboard/credentials#new">
                {w.setup.issue}
              </a>
            </p>
          )}
        </div>
        <div>
          <Part>{w.setup.template}</Part>
          <p>{w.setup.templateHint}</p>
          <p>
            <code>{connection.staticUrl}</code>
          </p>
        </div>
        <div>
          <Part>{w.setup.placeholder}</Part>
          <p>{w.setup.placeholderHint}</p>
          <p>
            <code>{'{{relay_url}}'}</code>
          </p>
        </div>
        <div class="wide">
          <Part>{w.setup.try}</Part>
          <p>{w.setup.tryHint}</p>
        </div>
      </div>
    </section>
  );
}

export function setupPage(
  who: Session,
  places: readonly Place[],
  view: View,
  connection: Connection,
  sendgrid: SendgridDesk,
  state: SetupState,
): string {
  return framedPage({
    who,
    title: view.w.setup.title,
    here: '/dashboard/setup',
    places,
    styles: ['desk.css', 'ways.css'],
    children: (
      <>
        <Setup
          view={view}
          connection={connection}
          title={view.w.setup.title}
          level={1}
          mayIssue={who.member.role === 'admin'}
        />
        <SetupSteps view={view} locale={who.locale} state={state} />
        <SendgridSetup who={who} view={view} desk={sendgrid} />
      </>
    ),
  });
}
