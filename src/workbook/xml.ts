/** What a column holds. `moment` is `YYYY-MM-DD HH:MM:SS`, `day` is `YYYY-MM-DD`: local times, as the reader's calendar has them. */
export type ColumnKind = 'text' | 'number' | 'moment' | 'day';

export type Column = Readonly<{ name: string; kind: ColumnKind }>;
export type Cell = string | number | null;

/** Characters that a cell may hold (Excel's specification and limits); what is longer is cut, or Excel calls the file damaged. */
const LONGEST = 32_767;
/** What XML 1.0 cannot carry (§2.2): control characters, and halves of surrogate pairs. */
const NO_XML =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** Excel reads `_x0041_` as an A (ECMA-376 part 1, §22.9.2.19): such a text is told to be one. */
const LIKE_ESCAPE = /_(?=x[0-9a-fA-F]{4}_)/g;

function escaped(text: string): string {
  return text
    .slice(0, LONGEST)
    .replace(NO_XML, '')
    .replace(LIKE_ESCAPE, '_x005F_')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}

/** Days since 1899-12-30, as a worksheet counts them; the hour is their fraction. */
function serialOf(local: string): number {
  const [day = '', time = '00:00:00'] = local.split(' ');
  return (Date.parse(`${day}T${time}Z`) - Date.UTC(1899, 11, 30)) / 86_400_000;
}

/** Numbers of the cell formats in `STYLES`. */
const FORMAT: Readonly<Record<ColumnKind, number>> = { text: 0, number: 0, moment: 2, day: 3 };
const HEADING = 1;

/** A text is an inline string and never a formula, whatever it begins with. */
function cellXml(value: Cell, kind: ColumnKind): string {
  if (value === null || value === '') return '<c/>';
  if (typeof value === 'number') return Number.isFinite(value) ? `<c><v>${value}</v></c>` : '<c/>';
  if (kind === 'moment' || kind === 'day') {
    const serial = serialOf(value);
    if (Number.isFinite(serial)) return `<c s="${FORMAT[kind]}"><v>${serial}</v></c>`;
  }
  return `<c t="inlineStr"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`;
}

/** One row of a worksheet. */
export function rowXml(columns: readonly Column[], row: readonly Cell[]): string {
  return `<row>${columns.map(({ kind }, at) => cellXml(row[at] ?? null, kind)).join('')}</row>`;
}

export function headingXml(columns: readonly Column[]): string {
  const cells = columns.map(
    ({ name }) => `<c t="inlineStr" s="${HEADING}"><is><t xml:space="preserve">${escaped(name)}</t></is></c>`,
  );
  return `<row>${cells.join('')}</row>`;
}

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const WIDTH: Readonly<Record<ColumnKind, number>> = { text: 18, number: 12, moment: 20, day: 12 };

/** What stands before the rows: the heading stays in sight, and columns are as wide as what they hold. */
export function sheetHead(columns: readonly Column[]): string {
  const widths = columns.map(
    ({ kind }, at) => `<col min="${at + 1}" max="${at + 1}" width="${WIDTH[kind]}" customWidth="1"/>`,
  );
  const frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>';
  return `${HEAD}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0">${frozen}</sheetView></sheetViews><cols>${widths.join('')}</cols><sheetData>`;
}

export const SHEET_FOOT = '</sheetData></worksheet>';

const STYLES = `${HEAD}<styleSheet xmlns="${MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`;

export function sheetPath(number: number): string {
  return `xl/worksheets/sheet${number}.xml`;
}

/** The parts around the worksheets, by their paths. @param name of the first worksheet; the others carry a number behind it */
export function frameOf(name: string, sheets: number): Record<string, string> {
  const numbers = Array.from({ length: sheets }, (_, at) => at + 1);
  const sheetName = (number: number) => escaped(number === 1 ? name : `${name} ${number}`).replace(/"/g, '');
  return {
    '[Content_Types].xml': `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/>${numbers.map((one) => `<Override PartName="/${sheetPath(one)}" ContentType="${TYPE}.worksheet+xml"/>`).join('')}</Types>`,
    '_rels/.rels': `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>${numbers.map((one) => `<sheet name="${sheetName(one)}" sheetId="${one}" r:id="rId${one}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${numbers.map((one) => `<Relationship Id="rId${one}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${one}.xml"/>`).join('')}<Relationship Id="rId${sheets + 1}" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': STYLES,
  };
}
