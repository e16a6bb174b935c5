import type { TableEncoding } from '../../csv/encoding.js';
import { FIELDS } from '../../merge/columns.js';
import type { Checked, Unusable } from '../../merge/table.js';
import type { Session } from '../../web/session.js';
import type { MergeWords } from '../merge-words.js';

/** What there is to say of a table that was sent. */
export type TableReport =
  | Readonly<{ kind: 'previewed'; encoding: TableEncoding; checked: Checked; isWhole: boolean }>
  | Readonly<{ kind: 'refused'; checked: Checked }>
  | Readonly<{ kind: 'unusable'; unusable: Unusable }>
  | Readonly<{ kind: 'failed'; why: 'noFile' | 'busy' | 'tooLarge' }>;

type Count = (count: number) => string;

function ColumnChoices({ w, heading, columns }: { w: MergeWords } & Pick<Checked, 'heading' | 'columns'>) {
  return (
    <div class="fields">
      {FIELDS.map((field) => (
        <label key={field}>
          {w.fields[field]}
          <select name={field}>
            <option value="">{w.none}</option>
            {heading.map((name, at) => (
              <option key={name} value={name.trim()} selected={columns[field] === at}>
                {name}
              </option>
            ))}
          </select>
        </label>
      ))}
    </div>
  );
}

function Sample({ checked }: { checked: Checked }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach that (WCAG 2.1.1)
    <div class="sample" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {checked.heading.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {checked.sample.map((cells) => (
            <tr key={cells.join()}>
              {cells.map((cell, at) => (
                <td key={checked.heading[at]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Faults({ w, checked, count }: { w: MergeWords; checked: Checked; count: Count }) {
  const more = checked.faultCount - checked.faults.length;
  return (
    <>
      <table class="faults">
        <thead>
          <tr>
            <th scope="col">{w.row}</th>
            <th scope="col">{w.column}</th>
            <th scope="col">{w.wrong}</th>
          </tr>
        </thead>
        <tbody>
          {checked.faults.map(({ row, column, reason }) => (
            <tr key={`${row} ${column} ${reason}`}>
              <td class="number">{row}</td>
              <td>{column}</td>
              <td>{w.sentences.row[reason]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p class="note">{w.more(count(more))}</p>}
    </>
  );
}

function Said({ children }: { children: string }) {
  return (
    <p class="said asks" role="alert">
      {children}
    </p>
  );
}

function Previewed({
  w,
  report,
  count,
}: {
  w: MergeWords;
  report: TableReport & { kind: 'previewed' };
  count: Count;
}) {
  const { checked } = report;
  return (
    <>
      <h2>
        {w.columns}
        <small>{w.columnsHint}</small>
      </h2>
      <ColumnChoices w={w} {...checked} />
      <h2>
        {w.sample}
        <small>
          {report.isWhole && w.rows(count(checked.rows))} {w.encoding[report.encoding]}
        </small>
      </h2>
      <Sample checked={checked} />
      {checked.faultCount > 0 && (
        <>
          <Said>{w.faultyPreview(count(checked.faultCount))}</Said>
          <Faults w={w} checked={checked} count={count} />
        </>
      )}
      {report.isWhole && checked.faultCount === 0 && <p class="again">{w.again}</p>}
    </>
  );
}

/** The part of the page that is about the table that was sent. */
export function Report({ w, report, count }: { w: MergeWords; report: TableReport; count: Count }) {
  switch (report.kind) {
    case 'failed':
      return <Said>{w[report.why]}</Said>;
    case 'unusable': {
      const { reason, heading, faults } = report.unusable;
      const [fault] = faults;
      return (
        <>
          <Said>{fault ? w.sentences.column[fault.reason] : w.sentences.table[reason]}</Said>
          {reason === 'columns' && <ColumnChoices w={w} heading={heading} columns={{}} />}
        </>
      );
    }
    case 'refused':
      return (
        <>
          <Said>{w.faulty(count(report.checked.faultCount))}</Said>
          <ColumnChoices w={w} {...report.checked} />
          <Faults w={w} checked={report.checked} count={count} />
        </>
      );
    case 'previewed':
      return <Previewed w={w} report={report} count={count} />;
  }
}

/** The page. The file stands last in its form, since what stands behind it is read too late. */
export function MergeView({
  w,
  who,
  report,
  count,
}: {
  w: MergeWords;
  who: Session;
  report: TableReport | undefined;
  count: Count;
}) {
  return (
    <>
      <section class="table-way">
        <h1>{w.title}</h1>
        <p>{w.lead}</p>
        <form method="post" encType="multipart/form-data" action="/dashboard/csv/issue" data-merge>
          <input type="hidden" name="csrf" value={who.csrf} />
          <div data-report>{report && <Report w={w} report={report} count={count} />}</div>
          <div class="fields">
            <label class="wide">
              {w.file}
              <input type="file" name="table" accept=".csv,.txt,text/csv" required />
            </label>
            <button type="submit" class="second" formAction="/dashboard/csv/preview">
              {w.check}
            </button>
            <button type="submit">{w.issue}</button>
          </div>
        </form>
        <div
          class="under-way"
          data-under-way
          data-sending={w.sending}
          data-checking={w.checking}
          data-minting={w.minting}
          data-cancelled={w.cancelled}
          data-done={w.done}
          data-failed={w.failed}
          hidden
        >
          <progress aria-label={w.minting} />
          <p role="status" />
          <p>
            <button type="button" class="copy" data-cancel>
              {w.cancel}
            </button>
            <a class="button" data-download hidden href="/dashboard/csv">
              {w.download}
            </a>
          </p>
        </div>
      </section>
      <section class="places">
        <h2>{w.notes}</h2>
        <ul>
          {w.noteList.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      </section>
    </>
  );
}
