import type { Picture } from '@ebmkit/plot';
import { short } from './row-texts.js';

/** One bar. */
export interface Bar {
  /** What is written left of it. */
  readonly label: string;
  /** Its length; bars of nothing are drawn as a text. */
  readonly value: number | undefined;
  /** What is written right of it. */
  readonly note: string;
  /** Ends of a whisker over the bar. */
  readonly range?: readonly [number, number];
  /** What it stands for. */
  readonly colour: 'ours' | 'peer' | 'bound';
}

const [width, labelWidth, noteWidth, barHeight, gap, top] = [680, 150, 190, 18, 6, 30];
const colours = {
  ours: 'var(--ebm-series-1, #0072b2)',
  peer: 'var(--ebm-series-2, #d55e00)',
  bound: 'var(--ebm-muted, #5b6472)',
} as const;
const ink = 'var(--ebm-ink, #1f2430)';
const muted = 'var(--ebm-muted, #5b6472)';
const paper = 'var(--ebm-paper, #ffffff)';

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function text(x: number, y: number, size: number, colour: string, anchor: string, content: string): string {
  const style = `fill:${colour};font-size:${size}px;font-family:system-ui,sans-serif;font-variant-numeric:tabular-nums`;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" style="${style}">${escaped(content)}</text>`;
}

/** Draws horizontal bars over a logarithmic axis in powers of ten, the shortest first. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): Picture {
  const sorted = [...bars].sort(
    (a, b) => (a.value ?? Number.POSITIVE_INFINITY) - (b.value ?? Number.POSITIVE_INFINITY),
  );
  const values = sorted.flatMap(({ value, range }) => (value === undefined ? [] : [value, ...(range ?? [])]));
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const plot = width - labelWidth - noteWidth;
  const place = (value: number): number =>
    Math.round(10 * (labelWidth + (plot * (Math.log10(value) - low)) / (high - low))) / 10;
  const bottom = top + sorted.length * (barHeight + gap);
  const height = bottom + 22;
  const grid = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)).map((tick) => {
    const x = place(tick);
    const line = `<line x1="${x}" x2="${x}" y1="${top}" y2="${bottom}" style="stroke:var(--ebm-grid, #e4e7ec)"/>`;
    return line + text(x, bottom + 15, 11, muted, 'middle', `${short(tick)} ${unit}`);
  });
  const marks = sorted.map(({ label, value, note, range, colour }, i) => {
    const y = top + i * (barHeight + gap) + gap / 2;
    const name = text(labelWidth - 8, y + 13, 12, ink, 'end', label);
    if (value === undefined)
      return name + text(labelWidth + 6, y + 13, 12, 'var(--ebm-warning, #b3261e)', 'start', note);
    const end = place(value);
    const bar = `<rect x="${labelWidth}" y="${y}" width="${Math.max(1, end - labelWidth)}" height="${barHeight}" style="fill:${colours[colour]}"/>`;
    const whisker = range
      ? `<line x1="${place(range[0])}" x2="${place(range[1])}" y1="${y + 9}" y2="${y + 9}" style="stroke:${ink};stroke-width:2"/>`
      : '';
    return (
      name + bar + whisker + text(Math.max(end, range ? place(range[1]) : end) + 6, y + 13, 12, muted, 'start', note)
    );
  });
  const description = `Bars of ${sorted.map(({ label, value }) => `${label} ${value === undefined ? 'none' : short(value)}`).join(', ')} ${unit}`;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(`${title}. ${description}`)}" style="max-width:100%;height:auto">`,
    `<rect width="${width}" height="${height}" style="fill:${paper}"/>`,
    text(8, 18, 13, ink, 'start', title),
    ...grid,
    ...marks,
    '</svg>',
  ].join('');
  return { width, height, svg, description, notes: [] };
}
