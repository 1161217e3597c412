/**
 * Colours of drawn things: each is a CSS variable, which a page may set, with the fallback for white paper.
 * The series colours are those of Okabe and Ito, which readers with any common colour-vision deficiency tell apart.
 */
export const theme = {
  paper: 'var(--ebm-paper, #ffffff)',
  ink: 'var(--ebm-ink, #1f2430)',
  muted: 'var(--ebm-muted, #5b6472)',
  grid: 'var(--ebm-grid, #e4e7ec)',
  warning: 'var(--ebm-warning, #b3261e)',
} as const;

const light = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8a6d00', '#3f9bd8', '#5b6472'] as const;
const dark = ['#5ab4f0', '#ff9248', '#3ecf9f', '#e6a3c8', '#f0c33c', '#a3d4f7', '#aab2bf'] as const;
const dashes = [undefined, '6 4', '2 3', '9 3 2 3'] as const;

/** How a series is told from the others: by colour, and from the eighth on by dashes too. */
export interface SeriesLook {
  /** A CSS colour. */
  readonly colour: string;
  /** The pattern of the line, `undefined` for a solid one. */
  readonly dash: string | undefined;
}

/** The look of the series at a position, the same in every chart. */
export function seriesLook(index: number): SeriesLook {
  const turn = index % light.length;
  return {
    colour: `var(--ebm-series-${turn + 1}, ${light[turn]})`,
    dash: dashes[Math.floor(index / light.length) % dashes.length],
  };
}

/** CSS declarations that turn every drawn colour to its version for dark paper. */
export const darkDeclarations: string = [
  '--ebm-paper:#14171c;--ebm-ink:#e8eaed;--ebm-muted:#a4abb6;--ebm-grid:#2b3038;--ebm-warning:#ff8a80;',
  ...dark.map((colour, index) => `--ebm-series-${index + 1}:${colour};`),
].join('');

/** The reader's own interface font. */
const fontFamily =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', 'DejaVu Sans', Arial, sans-serif";

/** The style of a text in a picture, written out since rasterisers do not read the shorthand. */
export function textStyle(size: number, colour: string, weight = 400): string {
  return `fill:${colour};font-family:${fontFamily};font-size:${size}px;font-weight:${weight};font-variant-numeric:tabular-nums`;
}
