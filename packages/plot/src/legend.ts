import { element, escapeMarkup } from './markup.js';
import { textWidth } from './text-width.js';
import { type SeriesLook, textStyle, theme } from './theme.js';

/** One entry of a legend: a name beside a small picture of how it is drawn. */
export interface LegendEntry {
  /** The name; an empty one leaves the entry out. */
  readonly name: string;
  /** The colour and the dashes of the series. */
  readonly look: SeriesLook;
  /** What the series is drawn with; `path` and `dots` stand on a dark ground as in a landscape. */
  readonly mark: 'line' | 'area' | 'point' | 'path' | 'dots';
}

/** A legend laid out in rows. */
export interface Legend {
  /** The height that the rows take, in pixels. */
  readonly height: number;
  /** The rows as SVG. */
  readonly markup: string;
}

const rowHeight = 20;
const swatchWidth = 22;
const fontSize = 12;

/** Lays the entries out in rows no wider than `width`, from `left`, `top`; a single unnamed entry needs no legend. */
export function layLegend(entries: readonly LegendEntry[], left: number, top: number, width: number): Legend {
  const named = entries.filter(({ name }) => name !== '');
  let column = 0;
  let row = 0;
  const items = named.map((entry) => {
    const needed = swatchWidth + 7 + textWidth(entry.name, fontSize) + 18;
    if (column > 0 && column + needed > width) {
      column = 0;
      row += 1;
    }
    const x = left + column;
    const y = top + row * rowHeight + rowHeight / 2;
    column += needed;
    return (
      swatch(entry, x, y) +
      element(
        'text',
        { x: x + swatchWidth + 7, y: y + 4, style: textStyle(fontSize, theme.ink) },
        escapeMarkup(entry.name),
      )
    );
  });
  return { height: named.length === 0 ? 0 : (row + 1) * rowHeight, markup: items.join('') };
}

function swatch({ look, mark }: LegendEntry, x: number, y: number): string {
  const stroke = `stroke:${look.colour};stroke-width:2`;
  if (mark === 'line') {
    const line = { x1: x, y1: y, x2: x + swatchWidth, y2: y, 'stroke-dasharray': look.dash };
    return element('line', { ...line, style: stroke });
  }
  if (mark === 'path' || mark === 'dots') {
    const ground = element('rect', { x, y: y - 7, width: swatchWidth, height: 14, rx: 3, style: 'fill:#3a3147' });
    const line = { x1: x + 3, y1: y, x2: x + swatchWidth - 3, y2: y, 'stroke-dasharray': look.dash };
    if (mark === 'dots') {
      const dots = [6, 11, 16].map((cx) =>
        element('circle', { cx: x + cx, cy: y, r: 2, style: `fill:${look.colour}` }),
      );
      return ground + dots.join('');
    }
    return ground + element('line', { ...line, style: stroke });
  }
  if (mark === 'point')
    return element('circle', { cx: x + swatchWidth / 2, cy: y, r: 4, style: `fill:${look.colour}` });
  const box = { x: x + 4, y: y - 6, width: 14, height: 12, rx: 2, 'stroke-dasharray': look.dash };
  return element('rect', {
    ...box,
    style: `fill:${look.colour};fill-opacity:0.35;stroke:${look.colour};stroke-width:1.5`,
  });
}
