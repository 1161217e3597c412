import type { PlotArea } from '../axes.js';
import type { AxisScale } from '../axis-scale.js';
import type { Diverged } from '../draws/divergence-flags.js';
import { drawPoints } from '../scatter-chart.js';
import { seriesLook, theme } from '../theme.js';
import { densityImage } from './density-image.js';

/** How a pair of scalars is drawn: as dots, or as a two-dimensional histogram. */
export type PairKind = 'scatter' | 'density';

/** The draws of a pair of scalars. */
export interface Cloud {
  /** The draws of the horizontal scalar, one array for each chain. */
  readonly x: readonly Float64Array[];
  /** The draws of the vertical scalar. */
  readonly y: readonly Float64Array[];
  /** Dots or a histogram. */
  readonly kind: PairKind;
  /** Of how many steps one is drawn as a dot. */
  readonly stride: number;
  /** Which draws came of a diverged move. */
  readonly diverged: Diverged | undefined;
}

/** The most dots of a cell. */
const mostDots = 1500;

/** Of how many steps one is drawn, so that a cell has no more dots than can be told apart. */
export function strideOf(steps: number, chains: number): number {
  return Math.max(1, Math.ceil((steps * chains) / mostDots));
}

/** The draws of a pair as marks, those of diverged moves last. */
export function drawCloud(
  { x, y, kind, stride, diverged }: Cloud,
  scales: { readonly x: AxisScale; readonly y: AxisScale },
  area: PlotArea,
): string {
  const place = (a: number, b: number) => [tenth(scales.x.place(a)), tenth(scales.y.place(b))] as const;
  const every = (chain: Float64Array | undefined) => (chain ?? new Float64Array(0)).filter((_, i) => i % stride === 0);
  const dots =
    kind === 'scatter'
      ? x.map((list, chain) =>
          drawPoints({ x: every(list), y: every(y[chain]) }, place, {
            radius: 1.4,
            colour: seriesLook(chain).colour,
            opacity: 0.45,
          }),
        )
      : [densityImage(pixels(x, scales.x), pixels(y, scales.y), area)];
  const bad = x.map((list, chain) => ({
    x: list.filter((_, step) => diverged?.(step, chain)),
    y: (y[chain] ?? list).filter((_, step) => diverged?.(step, chain)),
  }));
  const marked = bad.map((points) => drawPoints(points, place, { radius: 2, colour: theme.warning, opacity: 0.95 }));
  return [...dots, ...marked].join('');
}

function pixels(chains: readonly Float64Array[], scale: AxisScale): number[] {
  return chains.flatMap((chain) => Array.from(chain, (value) => scale.place(value)));
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
