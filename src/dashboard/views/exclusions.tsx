import type { Exclusion, ExclusionSource } from '../../credit/exclusion.js';
import type { Session } from '../../web/session.js';
import { type SettingsSaid, type SettingsWords, settingsWordsOf } from '../settings-words.js';
import type { View } from './view.js';

/** A list of exclusions and where its forms go. */
export type ExclusionList = Readonly<{
  who: Session;
  view: View;
  rows: readonly Exclusion[];
  /** Adding posts here, ending to `/end` below it. */
  action: string;
  lead: string;
  /** What the viewer may end; undefined: he may only read. */
  endable: ((exclusion: Exclusion) => boolean) | undefined;
  /** How the sides are called for whoever reads. */
  sources: Readonly<Record<ExclusionSource, string>>;
}>;

/** What a form came to, for those who see and those who listen. */
export function Told({ w, said }: { w: SettingsWords; said: SettingsSaid | undefined }) {
  if (!said) return null;
  const good = said === 'saved' || said === 'excluded' || said === 'ended';
  return (
    <p class={good ? 'said' : 'said asks'} role="status">
      {w.said[said]}
    </p>
  );
}

function Row({ list, row }: { list: ExclusionList; row: Exclusion }) {
  const { who, view, action, endable, sources } = list;
  const w = settingsWordsOf(who.locale).exclusions;
  const what = row.domain ?? w.address;
  return (
    <tr>
      <th scope="row">{what}</th>
      <td>{row.reason}</td>
      <td>{sources[row.source]}</td>
      <td>{view.format.moment(row.at)}</td>
      <td>
        <span class="tag">{row.removedAt ? w.endedAt(view.format.moment(row.removedAt)) : w.stands}</span>
        {!row.removedAt && endable?.(row) && (
          <form class="inline" method="post" action={`${action}/end`}>
            <input type="hidden" name="csrf" value={who.csrf} />
            <input type="hidden" name="exclusion" value={row.id} />
            <button type="submit" aria-label={w.endOf(`${what}（${row.reason}）`)}>
              {w.end}
            </button>
          </form>
        )}
      </td>
    </tr>
  );
}

function Table({ list }: { list: ExclusionList }) {
  const w = settingsWordsOf(list.who.locale).exclusions;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard (WCAG 2.1.1)
    <section class="scroll" tabIndex={0} aria-label={w.title}>
      <table class="words">
        <thead>
          <tr>
            {[w.who, w.reason, w.source, w.at, w.state].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.rows.map((row) => (
            <Row key={row.id} list={list} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Who does not count: what stands and what stood, and a form for more. */
export function Exclusions({ list, level }: { list: ExclusionList; level: 1 | 2 }) {
  const { who, rows, action, lead, endable } = list;
  const w = settingsWordsOf(who.locale).exclusions;
  const Title = level === 1 ? 'h1' : 'h2';
  return (
    <section>
      <Title>{w.title}</Title>
      <p class="note">{lead}</p>
      {rows.length === 0 ? <p class="empty">{w.none}</p> : <Table list={list} />}
      {endable && (
        <>
          <form class="fields" method="post" action={action}>
            <input type="hidden" name="csrf" value={who.csrf} />
            <label>
              {w.who}
              <input name="who" required maxLength={254} autoComplete="off" aria-describedby="who-hint" />
            </label>
            <label class="wide">
              {w.reason}
              <input name="reason" required maxLength={500} autoComplete="off" />
            </label>
            <button type="submit">{w.add}</button>
          </form>
          <p class="note" id="who-hint">
            {w.hint}
          </p>
          <p class="note">{w.kept}</p>
        </>
      )}
    </section>
  );
}
