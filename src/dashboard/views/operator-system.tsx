import type { AmbiguousDelivery } from '../../relay/deliveries.js';
import type { Session } from '../../web/session.js';
import type { countJobs, FailedJob, workUnderWay } from '../console-queries.js';
import type { ConsoleWords } from '../console-words.js';
import { Head, Scroll } from './company-desk.js';
import type { View } from './view.js';

type Words = ConsoleWords['jobs'];

export type SystemState = Readonly<{
  facts: Readonly<{ engine: string; redis: boolean; roles: string; upstream: string | null }>;
  jobs: Awaited<ReturnType<typeof countJobs>>;
  failed: readonly FailedJob[];
  ambiguous: readonly AmbiguousDelivery[];
  work: Awaited<ReturnType<typeof workUnderWay>>;
  said: 'retried' | 'gone' | undefined;
}>;

type Part = Readonly<{ w: Words; view: View; state: SystemState }>;

function Facts({ w, view, state: { facts, work, ambiguous } }: Part) {
  const rows: [string, string][] = [
    [w.database, facts.engine],
    [w.redis, facts.redis ? w.set : w.unset],
    [w.upstream, facts.upstream ?? w.unset],
    [w.roles, facts.roles],
    [w.open, view.format.number(work.open)],
    [w.ambiguous, view.format.number(ambiguous.length)],
    [w.figures, work.until ? view.format.moment(work.until) : '–'],
    [w.marks, view.format.number(work.marks)],
  ];
  return (
    <dl class="totals">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Queue({ w, view, state }: Part) {
  if (state.jobs.length === 0) return <p class="empty">–</p>;
  return (
    <Scroll title={w.queue}>
      <table class="listing">
        <Head names={[w.name, w.state, w.count]} />
        <tbody>
          {state.jobs.map((row) => (
            <tr key={`${row.name} ${row.state}`}>
              <th scope="row">{row.name}</th>
              <td>{w.states[row.state]}</td>
              <td>{view.format.number(row.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Failures({ w, view, state, who }: Part & Readonly<{ who: Session }>) {
  if (state.failed.length === 0) return <p class="empty">{w.failuresNone}</p>;
  return (
    <Scroll title={w.failures}>
      <table class="listing">
        <Head names={[w.name, w.at, w.tried, w.error, '']} />
        <tbody>
          {state.failed.map((job) => (
            <tr key={job.id}>
              <th scope="row">{job.name}</th>
              <td>{view.format.moment(job.at)}</td>
              <td>{view.format.number(job.tries)}</td>
              <td>{job.message ?? '–'}</td>
              <td>
                <form method="post" action="/operator/system/retry">
                  <input type="hidden" name="csrf" value={who.csrf} />
                  <button type="submit" name="job" value={job.id}>
                    {w.retry}
                  </button>
                </form>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Doubts({ w, view, state }: Part) {
  if (state.ambiguous.length === 0) return <p class="empty">{w.ambiguousNone}</p>;
  return (
    <Scroll title={w.ambiguous}>
      <table class="listing">
        <Head names={[w.at, w.company, w.upstreamColumn, w.size, w.message]} />
        <tbody>
          {state.ambiguous.map((one) => (
            <tr key={one.id}>
              <td>{view.format.moment(one.receivedAt)}</td>
              <td>
                <a href={`/operator/companies/${one.companyId}`}>{one.companyId}</a>
              </td>
              <td>{one.upstream ?? '–'}</td>
              <td>{view.format.number(one.size + one.inserted)}</td>
              <td>{one.id}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** How the service stands. */
export function System({ w, view, state, who }: Part & Readonly<{ who: Session }>) {
  const part = { w, view, state };
  return (
    <>
      <section class="companies">
        <h1>{w.title}</h1>
        <p class="note">{w.lead}</p>
        {state.said && <p role="status">{w[state.said]}</p>}
        <Facts {...part} />
      </section>
      <section class="companies">
        <h2>{w.failures}</h2>
        <Failures {...part} who={who} />
      </section>
      <section class="companies">
        <h2>{w.queue}</h2>
        <Queue {...part} />
      </section>
      <section class="companies">
        <h2>{w.ambiguous}</h2>
        <p class="note">{w.ambiguousLead}</p>
        <Doubts {...part} />
      </section>
    </>
  );
}
