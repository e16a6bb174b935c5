import { type AuditActor, recordAudit } from '../company/audit.js';
import type { Company } from '../company/store.js';
import { encodeTable } from '../csv/encoding.js';
import { keptCell } from '../csv/write.js';
import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { CODE_LENGTH } from '../link/code.js';
import { type LinkRequest, linkUrl, mintLinks } from '../link/mint.js';
import { type ChosenColumns, LINK_COLUMN } from './columns.js';
import { requestOf } from './row.js';
import { type Checked, checkTable, type Held, recordsOf, type Unusable } from './table.js';

/** Tables under way at once in a process: each holds a connection for its seconds. */
const AT_ONCE = 2;
const BATCH = 1_000;

export type MergeStep = 'checking' | 'minting';
/** How far it is: rows done, and of how many where that is known. */
export type Progress = (step: MergeStep, done: number, of: number | undefined) => void;

export type MergeOutcome =
  | Readonly<{ kind: 'unusable'; unusable: Unusable }>
  | Readonly<{ kind: 'faulty'; checked: Checked }>
  /** `output`: the table with its links; read it before the table is disposed of. */
  | Readonly<{ kind: 'merged'; rows: number; output: () => AsyncGenerator<Buffer> }>;

export type MergeOptions = Readonly<{
  chosen: ChosenColumns;
  /** Who sent the table. */
  actor: AuditActor;
  progress?: Progress;
  signal: AbortSignal;
}>;

/**
 * A table of rejected candidates in, the same table with each one's link out: for companies that send by mail merge.
 * All links are minted in one transaction, or none. The same rows get the same links again.
 */
export function createMerge(deps: Deps) {
  let running = 0;

  async function mintAll(
    tx: Tx,
    company: Company,
    held: Held,
    { columns, rows }: Checked,
    { progress, signal, actor }: MergeOptions,
  ): Promise<Buffer> {
    // Two tables with the same rows in another order would each wait for what the other has minted.
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`merge:${company.id}`]);
    const codes = Buffer.alloc(rows * CODE_LENGTH);
    let done = 0;
    let waiting: LinkRequest[] = [];
    async function mint(): Promise<void> {
      signal.throwIfAborted();
      const minted = await mintLinks(deps, tx, company.id, 'import', waiting);
      codes.write(minted.join(''), done * CODE_LENGTH, 'latin1');
      done += waiting.length;
      waiting = [];
      progress?.('minting', done, rows);
    }
    for await (const { cells } of candidatesOf(held)) {
      waiting.push(requestOf(deps.keys, company.id, cells, columns));
      if (waiting.length === BATCH) await mint();
    }
    if (waiting.length > 0) await mint();
    signal.throwIfAborted();
    const audited = { companyId: company.id, actor, action: 'table.merged' } as const;
    await recordAudit(deps, tx, { ...audited, details: { rows } });
    return codes;
  }

  async function* output(company: Company, held: Held, heading: readonly string[], codes: Buffer) {
    const encoding = held.kind === 'shift_jis' ? 'shift_jis' : 'utf-8';
    const names = heading.map((name) => name.trim());
    const at = names.includes(LINK_COLUMN) ? names.indexOf(LINK_COLUMN) : heading.length;
    const lineOf = (cells: readonly string[], link: string) =>
      `${cells.map(keptCell).toSpliced(at, 1, link).join(',')}\r\n`;
    let text = lineOf(heading, LINK_COLUMN);
    let isFirst = true;
    let done = 0;
    for await (const { cells } of candidatesOf(held)) {
      const code = codes.toString('latin1', done * CODE_LENGTH, (done + 1) * CODE_LENGTH);
      text += lineOf(cells, linkUrl(deps.config, code, company.linkHost));
      done += 1;
      if (done % BATCH !== 0) continue;
      yield encodeTable(text, encoding, isFirst);
      [text, isFirst] = ['', false];
    }
    yield encodeTable(text, encoding, isFirst);
  }

  async function merge(company: Company, held: Held, options: MergeOptions): Promise<MergeOutcome> {
    const { chosen, progress, signal } = options;
    const looked = await checkTable(held, chosen, (rows) => progress?.('checking', rows, undefined), signal);
    if ('unusable' in looked) return { kind: 'unusable', unusable: looked.unusable };
    const { checked } = looked;
    if (checked.faultCount > 0) return { kind: 'faulty', checked };
    const codes = await deps.db.transaction((tx) => mintAll(tx, company, held, checked, options));
    deps.events.tableMerged({ companyId: company.id, rows: checked.rows });
    return {
      kind: 'merged',
      rows: checked.rows,
      output: () => output(company, held, checked.heading, codes),
    };
  }

  return {
    /** @throws AppError `unavailable` when too many are under way; the reason of `signal` when that is aborted */
    async run(company: Company, held: Held, options: MergeOptions): Promise<MergeOutcome> {
      if (running >= AT_ONCE)
        throw new AppError('unavailable', 'other tables are being worked on: try again in a minute');
      running += 1;
      try {
        return await merge(company, held, options);
      } finally {
        running -= 1;
      }
    },
  };
}

export type Merge = ReturnType<typeof createMerge>;

/** The rows behind the heading, of a table that was found sound. */
async function* candidatesOf(held: Held): AsyncGenerator<{ cells: readonly string[] }> {
  let isHeading = true;
  for await (const records of recordsOf(held)) {
    for (const { cells } of records) {
      if (!isHeading) yield { cells: cells ?? [] };
      isHeading = false;
    }
  }
}
