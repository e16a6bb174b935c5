import type { Happening, MessageRow } from '../queries.js';
import type { Figures } from '../stats.js';
import type { View } from './view.js';

/** Which dot a happening gets: orange asks for a person, green runs. */
const DOTS: Readonly<Record<Happening['kind'], string>> = {
  counted: 'dot warm',
  clicked: 'dot relay',
  inserted: 'dot',
  unsure: 'dot warm',
};

/** What happened, in words that break between them and not within. Undecided mails lead to where they are listed. */
function Told({ view: { w }, one }: { view: View; one: Happening }) {
  const details = [one.job, one.kind === 'clicked' ? one.device : one.stage].filter(Boolean);
  const what = w.recent[one.kind];
  return (
    <p>
      {one.kind === 'unsure' ? <a href="/dashboard/review">{what}</a> : what}
      {details.map((detail) => (
        <>
          {' · '}
          <span>{detail}</span>
        </>
      ))}
    </p>
  );
}

export function Recent({ view, happenings }: { view: View; happenings: readonly Happening[] }) {
  const { w, format, now } = view;
  return (
    <section class="recent" data-live="recent">
      <h2>{w.recent.title}</h2>
      {happenings.length === 0 && <p class="empty">{w.recent.none}</p>}
      <ul>
        {happenings.map((one) => (
          <li key={`${one.kind}${one.at.getTime()}`}>
            <i class={DOTS[one.kind]} />
            <Told view={view} one={one} />
            <time dateTime={one.at.toISOString()}>{format.ago(one.at, now)}</time>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Stack({ parts }: { parts: readonly { name: string; count: number }[] }) {
  const whole = parts.reduce((sum, part) => sum + part.count, 0);
  let x = 0;
  return (
    <svg class="stack" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      {parts.map(({ name, count }) => {
        const width = (count / whole) * 100;
        const at = x;
        x += width;
        return <rect key={name} class={name} x={at.toFixed(3)} width={width.toFixed(3)} height="1" />;
      })}
    </svg>
  );
}

export function Visits({ view, clicks }: { view: View; clicks: Figures['clicks'] }) {
  const { w, format } = view;
  const parts = [
    { name: 'human', count: clicks.human },
    { name: 'suspected', count: clicks.suspected },
    { name: 'scanner', count: clicks.scanner },
    { name: 'bot', count: clicks.bot + clicks.prefetch },
  ] as const;
  const any = parts.some((part) => part.count > 0);
  return (
    <section class="visits" data-live="visits">
      <h2>{w.visits.title}</h2>
      {any ? (
        <>
          <Stack parts={parts} />
          <dl>
            {parts.map(({ name, count }) => (
              <div key={name}>
                <dt>
                  <i class={name} />
                  {w.visits[name]}
                </dt>
                <dd class="number">{format.number(count)}</dd>
              </div>
            ))}
          </dl>
          <p class="note">{w.visits.note}</p>
        </>
      ) : (
        <p class="empty">{w.visits.none}</p>
      )}
    </section>
  );
}

/** Each mail with its verdict, what was done and why; never an address. */
export function MessageTable({ view, messages }: { view: View; messages: readonly MessageRow[] }) {
  const { w, format } = view;
  return (
    <table class="messages">
      <thead>
        <tr>
          <th scope="col">{w.messages.when}</th>
          <th scope="col">{w.messages.job}</th>
          <th scope="col">{w.messages.verdict}</th>
          <th scope="col">{w.messages.action}</th>
        </tr>
      </thead>
      <tbody>
        {messages.map((one) => (
          <tr key={one.id}>
            <td class="number">
              <a href={`/dashboard/messages/${one.id}`}>
                <time dateTime={one.receivedAt.toISOString()}>{format.moment(one.receivedAt)}</time>
              </a>
            </td>
            <td>{[one.job, one.stage].filter(Boolean).join(' · ') || '–'}</td>
            <td>
              <span class={`tag ${one.verdict}`}>{w.verdict[one.verdict]}</span>
            </td>
            <td>
              {one.outcome === 'delivered' ? w.action[one.action] : w.outcome[one.outcome]}
              {one.reason !== null && <small>{w.reason(one.reason)}</small>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
