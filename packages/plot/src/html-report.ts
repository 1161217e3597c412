import { escapeMarkup } from './markup.js';
import type { Picture, RasterPicture } from './picture.js';
import { reportStyle } from './report-style.js';
import { formatNumber, type ReportTable, writeTable } from './report-table.js';

/** One headline figure at the top of a report. */
export interface ReportHighlight {
  /** What the figure is, such as `test log-likelihood`. */
  readonly label: string;
  /** The figure itself: a number is written with up to six significant digits, a string as it is. */
  readonly value: string | number;
  /** A short line below: the unit, the standard error, how it was measured. */
  readonly detail?: string;
  /** Whether the figure is a reason to worry; it is then in the colour of warnings, as is a number that is not finite. */
  readonly warning?: boolean;
}

/** One section of a report: a heading with text, a table and pictures, in this order. */
export interface ReportSection {
  /** The heading, which is also the entry of the table of contents. */
  readonly heading: string;
  /** Plain text; an empty line starts a new paragraph. */
  readonly text?: string;
  /** A table below the text. */
  readonly table?: ReportTable;
  /** Pictures with their captions, side by side where they fit. */
  readonly pictures?: readonly {
    /** The picture; its SVG is put into the page as it is, so take only pictures that you made. */
    readonly picture: Picture | RasterPicture;
    /** What is to be seen, written below the picture. */
    readonly caption?: string;
  }[];
}

/** What {@link htmlReport} writes. */
export interface HtmlReportOptions {
  /** The title of the page. */
  readonly title: string;
  /** One sentence below the title. */
  readonly subtitle?: string;
  /** The few figures that matter most, set large at the top. */
  readonly highlights?: readonly ReportHighlight[];
  /** The sections in their order. */
  readonly sections: readonly ReportSection[];
  /** How the report came about, such as the command, the seed and the versions, written at the end in their order. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Writes one HTML page that holds everything it shows: style, charts as SVG and images as PNG.
 *
 * The page asks the network for nothing (its content security policy forbids it), holds no script, follows the light or
 * dark setting of the reader, and prints. All texts are escaped; only the SVG of the pictures goes in as it is.
 * Notes of pictures (see {@link Picture}) are to be read in the page: charts show their own, image grids have them below.
 *
 * @param options - the title, the sections and what else the report holds
 * @returns the whole page, to be written to a file such as `report.html`
 * @throws TypeError when the title or `sections` is missing
 * @throws RangeError when a row of a table does not fit its columns
 */
export function htmlReport(options: HtmlReportOptions): string {
  const { title, subtitle, highlights = [], sections, metadata = {} } = options;
  if (typeof title !== 'string' || title.trim() === '') {
    throw new TypeError(
      `htmlReport: title must be a text that is not empty, got ${JSON.stringify(title)}. Say what is reported.`,
    );
  }
  const given: unknown = sections;
  if (!Array.isArray(given)) {
    throw new TypeError(`htmlReport: sections must be an array, got ${typeof given}. Pass [{ heading, … }].`);
  }
  const anchors = uniqueAnchors(sections.map(({ heading }) => heading));
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`,
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${reportStyle}</style>`,
  ];
  const below = subtitle ? `<p class="subtitle">${escapeMarkup(subtitle)}</p>` : '';
  const body = [
    `<header><h1>${escapeMarkup(title)}</h1>${below}${writeHighlights(highlights)}</header>`,
    writeContents(sections, anchors),
    `<main>${sections.map((section, index) => writeSection(section, anchors[index] ?? '')).join('\n')}${writeMetadata(metadata)}</main>`,
  ];
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.join('\n')}\n</head>\n<body>\n<div class="page">\n${body.join('\n')}\n</div>\n</body>\n</html>\n`;
}

function writeHighlights(highlights: readonly ReportHighlight[]): string {
  if (highlights.length === 0) return '';
  const entries = highlights.map(({ label, value, detail, warning }) => {
    const bad = warning ?? (typeof value === 'number' && !Number.isFinite(value));
    const written = typeof value === 'number' ? formatNumber(value) : escapeMarkup(value);
    const small = detail ? `<dd class="detail">${escapeMarkup(detail)}</dd>` : '';
    return `<div><dt>${escapeMarkup(label)}</dt><dd${bad ? ' class="warning"' : ''}>${written}</dd>${small}</div>`;
  });
  return `<dl class="highlights">${entries.join('')}</dl>`;
}

function writeContents(sections: readonly ReportSection[], anchors: readonly string[]): string {
  if (sections.length < 2) return '';
  const entries = sections.map(
    ({ heading }, index) => `<li><a href="#${anchors[index]}">${escapeMarkup(heading)}</a></li>`,
  );
  return `<nav aria-label="Contents"><h2>Contents</h2><ol>${entries.join('')}</ol></nav>`;
}

function writeSection({ heading, text = '', table, pictures = [] }: ReportSection, anchor: string): string {
  const link = `<a class="anchor" href="#${anchor}" aria-label="Link to this section">#</a>`;
  const paragraphs = text.split(/\n\s*\n/).filter((part) => part.trim() !== '');
  const figures = pictures.map(({ picture, caption }) => {
    const notes = 'png' in picture ? picture.notes : [];
    const lines = notes.map((note) => `<span class="note">${escapeMarkup(note)}</span>`).join('');
    const below = caption || lines ? `<figcaption>${escapeMarkup(caption ?? '')}${lines}</figcaption>` : '';
    return `<figure>${picture.svg}${below}</figure>`;
  });
  return [
    `<section aria-labelledby="${anchor}"><h2 id="${anchor}">${link}${escapeMarkup(heading)}</h2>`,
    ...paragraphs.map((part) => `<p>${escapeMarkup(part.trim())}</p>`),
    table ? writeTable(table) : '',
    figures.length > 0 ? `<div class="figures">${figures.join('')}</div>` : '',
    '</section>',
  ].join('');
}

function writeMetadata(metadata: NonNullable<HtmlReportOptions['metadata']>): string {
  const entries = Object.entries(metadata).map(
    ([key, value]) => `<dt>${escapeMarkup(key)}</dt><dd>${escapeMarkup(String(value))}</dd>`,
  );
  return entries.length === 0 ? '' : `<footer><h2>How this report was made</h2><dl>${entries.join('')}</dl></footer>`;
}

/** An anchor for each heading: its letters and digits joined by hyphens, numbered where two would be equal. */
function uniqueAnchors(headings: readonly string[]): string[] {
  const taken = new Set<string>();
  return headings.map((heading) => {
    const plain =
      heading
        .toLowerCase()
        .normalize('NFKC')
        .replace(/[^\p{L}\p{N}]+/gu, '-')
        .replace(/^-+|-+$/g, '') || 'section';
    let anchor = plain;
    for (let number = 2; taken.has(anchor); number += 1) anchor = `${plain}-${number}`;
    taken.add(anchor);
    return anchor;
  });
}
