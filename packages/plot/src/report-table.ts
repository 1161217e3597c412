import { escapeMarkup } from './markup.js';

/** A cell of a table: a number, a text, or either of them in the colour of warnings. */
export type ReportCell = number | string | { readonly value: number | string; readonly warning: boolean };

/** A table of a report. */
export interface ReportTable {
  /** The heads of the columns, with units. */
  readonly columns: readonly string[];
  /**
   * The rows, one cell for each column. Numbers are set to the right with up to six significant digits; strings stay as
   * they are. A number that is NaN or infinite is written as such, in the colour of warnings.
   */
  readonly rows: readonly (readonly ReportCell[])[];
  /** What the table shows, written above it. */
  readonly caption?: string;
}

/** The table as HTML, or a clear error when a row does not fit the columns. */
export function writeTable({ columns, rows, caption }: ReportTable): string {
  rows.forEach((row, index) => {
    if (row.length !== columns.length) {
      throw new RangeError(
        `htmlReport: every row of a table must have ${columns.length} cells, row ${index} has ${row.length}. Give one cell for each column.`,
      );
    }
  });
  const numeric = columns.map(
    (_, at) => rows.length > 0 && rows.every((row) => typeof valueOf(row[at] ?? '') === 'number'),
  );
  const heads = columns.map(
    (head, at) => `<th scope="col"${numeric[at] ? ' class="number"' : ''}>${escapeMarkup(head)}</th>`,
  );
  const body = rows.map((row) => `<tr>${row.map(writeCell).join('')}</tr>`);
  const title = caption ? `<caption>${escapeMarkup(caption)}</caption>` : '';
  return `<div class="table"><table>${title}<thead><tr>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function valueOf(cell: ReportCell): number | string {
  return typeof cell === 'object' ? cell.value : cell;
}

function writeCell(cell: ReportCell): string {
  const value = valueOf(cell);
  const bad = typeof cell === 'object' ? cell.warning : typeof value === 'number' && !Number.isFinite(value);
  const classes = [typeof value === 'number' ? 'number' : '', bad ? 'warning' : '']
    .filter((name) => name !== '')
    .join(' ');
  const text = typeof value === 'number' ? formatNumber(value) : escapeMarkup(String(value));
  return `<td${classes === '' ? '' : ` class="${classes}"`}>${text}</td>`;
}

/** A number with up to six significant digits, grouped by thousands, with a true minus sign. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('-', '−').replace('Infinity', '∞');
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-4 && size < 1e9);
  const text = plain ? value.toLocaleString('en-GB', { maximumSignificantDigits: 6 }) : value.toPrecision(4);
  return text.replace('-', '−');
}
