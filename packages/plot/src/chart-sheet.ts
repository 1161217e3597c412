import { type LegendEntry, layLegend } from './legend.js';
import { element, escapeMarkup } from './markup.js';
import type { Picture } from './picture.js';
import { wrapText } from './text-width.js';
import { textStyle, theme } from './theme.js';

/** The room between the rim of a picture and what is in it, in pixels. */
export const edge = 8;

/** What stands above and below the drawing of a picture, and what screen readers are told. */
export interface SheetContents {
  /** A short statement of what is shown, drawn at the top. */
  readonly title: string | undefined;
  /** Width of the picture in pixels. */
  readonly width: number;
  /** The entries of the legend, in the order of the series. */
  readonly legend: readonly LegendEntry[];
  /** What could not be drawn, written at the bottom. */
  readonly notes: readonly string[];
  /** One sentence for screen readers. */
  readonly description: string;
}

/** A picture whose title, legend and notes are laid out, before anything is drawn between them. */
export interface Sheet {
  /** The lower edge of title and legend, in pixels from the top. */
  readonly top: number;
  /** The room that the notes and the rim take at the bottom, in pixels. */
  readonly bottom: number;
  /** Makes the picture of what was drawn; `height` is that of the whole picture. */
  readonly finish: (height: number, parts: readonly string[]) => Picture;
}

/** Lays out the title, the legend and the notes of a picture. */
export function laySheet({ title, width, legend: entries, notes, description }: SheetContents): Sheet {
  const titleLines = wrapText(title ?? '', 15, width - 2 * edge);
  const titleBottom = edge + titleLines.length * 20 + (titleLines.length > 0 ? 6 : 0);
  const legend = layLegend(entries, edge, titleBottom, width - 2 * edge);
  const noteLines = notes.flatMap((note) => wrapText(note, 12, width - 2 * edge));
  const bottom = 8 + (noteLines.length > 0 ? 8 : 0) + noteLines.length * 17;
  const finish = (height: number, parts: readonly string[]): Picture => {
    const size = { width, height };
    const attributes = {
      xmlns: 'http://www.w3.org/2000/svg',
      ...size,
      viewBox: `0 0 ${Math.round(width * 100) / 100} ${Math.round(height * 100) / 100}`,
      role: 'img',
      'aria-label': [title ?? '', description, ...notes].filter((part) => part !== '').join('. '),
      style: 'max-width:100%;height:auto',
    };
    const svg = element(
      'svg',
      attributes,
      element('title', {}, escapeMarkup(title ?? description)),
      element('desc', {}, escapeMarkup([description, ...notes].join(' '))),
      element('rect', { ...size, style: `fill:${theme.paper}` }),
      drawLines(titleLines, { top: edge + 14, step: 20, style: textStyle(15, theme.ink, 600) }),
      legend.markup,
      ...parts,
      drawLines(noteLines, {
        top: height - 8 - noteLines.length * 17 + 13,
        step: 17,
        style: textStyle(12, theme.warning),
      }),
    );
    return { ...size, svg, description, notes };
  };
  return { top: titleBottom + legend.height, bottom, finish };
}

function drawLines(
  lines: readonly string[],
  { top, step, style }: { readonly top: number; readonly step: number; readonly style: string },
): string {
  return lines
    .map((line, row) => element('text', { x: edge, y: top + row * step, style }, escapeMarkup(line)))
    .join('');
}
