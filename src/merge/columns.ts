/** What a column of a table of candidates can be to us. */
export const FIELDS = ['recipient', 'externalId', 'job', 'stage', 'source'] as const;
export type Field = (typeof FIELDS)[number];

/** The place of each field's column, from 0. */
export type Columns = Readonly<Partial<Record<Field, number>>>;

/** The column that is added, by the name of the tag that stands in templates. */
export const LINK_COLUMN = 'relay_url';

/** Names that systems give to their columns, the surest first; compared without spaces, marks and case. */
const NAMES: Readonly<Record<Field, readonly RegExp[]>> = {
  recipient: [
    /^(e?mail|e?mailaddress|メール|メールアドレス|電子メール|eメール|recipient|宛先)$/,
    /メールアドレス|e?mailaddress/,
    /e?mail|メール/,
  ],
  externalId: [
    /^(応募|応募者|候補者|エントリー|エントリ|candidacy|candidate|applicant|application|entry|external)(id|番号|no|コード)$/,
    /^(id|管理番号|受付番号|整理番号)$/,
  ],
  job: [
    /^(募集職種|応募職種|職種|職種名|求人|求人名|求人票|求人タイトル|ポジション|募集ポジション|job|jobtitle|jobname|position|opening|requisition)$/,
    /職種|求人|ポジション|job|position/,
  ],
  stage: [
    /^(選考ステップ|選考段階|選考フェーズ|選考プロセス|stage|step|phase)$/,
    /選考(ステータス|状況)|ステップ|フェーズ|stage|step|phase/,
  ],
  source: [/^(応募経路|経路|応募媒体|媒体|流入元|チャネル|source|channel)$/, /経路|媒体|source|channel/],
};

function plain(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_\-.()[\]【】「」:*#]/g, '');
}

/** Which column is what, by the names in the heading. A column is one thing; what is not sure is left out. */
export function guessColumns(heading: readonly string[]): Columns {
  const names = heading.map((name) => (name.trim() === LINK_COLUMN ? '' : plain(name)));
  const taken = new Set<number>();
  const columns: Partial<Record<Field, number>> = {};
  for (const field of FIELDS) {
    for (const pattern of NAMES[field]) {
      const at = names.findIndex((name, index) => !taken.has(index) && pattern.test(name));
      if (at === -1) continue;
      columns[field] = at;
      taken.add(at);
      break;
    }
  }
  return columns;
}

/** What a caller says of columns, by their names; `''` says that there is none. What is not said is guessed. */
export type ChosenColumns = Readonly<Partial<Record<Field, string>>>;

export type ColumnFault = Readonly<{ field: string; reason: 'unknown-column' | 'no-column' }>;

/** Brings what was chosen together with the heading. @returns what is wrong, by the field, in place of columns */
export function columnsOf(
  heading: readonly string[],
  chosen: ChosenColumns,
): Readonly<{ columns: Columns } | { faults: readonly ColumnFault[] }> {
  const names = heading.map((name) => name.trim());
  const columns: Partial<Record<Field, number>> = { ...guessColumns(heading) };
  const faults: ColumnFault[] = [];
  for (const field of FIELDS) {
    const name = chosen[field]?.trim();
    if (name === undefined) continue;
    const at = names.indexOf(name);
    if (name === '') delete columns[field];
    else if (at === -1) faults.push({ field, reason: 'unknown-column' });
    else columns[field] = at;
  }
  if (faults.length === 0 && columns.recipient === undefined && columns.externalId === undefined) {
    faults.push({ field: 'recipient', reason: 'no-column' });
  }
  return faults.length > 0 ? { faults } : { columns };
}
