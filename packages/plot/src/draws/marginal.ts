import { area as areaShape, line as lineShape } from 'd3-shape';
import type { PlacedAxes } from '../chart-frame.js';
import { drawableExtent, isDrawable, widened } from '../drawable-values.js';
import { binHeights } from '../histogram.js';
import { element } from '../markup.js';
import type { SeriesLook } from '../theme.js';
import { kernelDensity } from './kernel-density.js';

/** How the law of one scalar is drawn: a smooth density or a histogram. */
export type MarginalKind = 'density' | 'histogram';

/** The law of one scalar, estimated from draws. */
export interface Marginal {
  /** `curve` joins the points, `steps` are bins of equal width, `bars` stand at the few values that occur. */
  readonly form: 'curve' | 'steps' | 'bars';
  /** Horizontal positions: points, middles of bins, or values. */
  readonly x: ArrayLike<number>;
  /** Densities, or the shares of values. */
  readonly y: ArrayLike<number>;
  /** Width of a bin or a bar, in the unit of the draws; 0 for curves. */
  readonly width: number;
}

/** The most different values that bars are drawn for. */
const mostBars = 40;

/**
 * Estimates the laws of one scalar in several chains so that they can be drawn together.
 *
 * Whole numbers of few different values, such as spins, and draws that are all equal get one bar for each value in all
 * chains; other draws get the density or the histogram that was asked for. Draws that cannot be drawn are left out.
 */
export function marginalsOf(chains: readonly ArrayLike<number>[], kind: MarginalKind): Marginal[] {
  const values = fewValues(chains);
  if (values) return chains.map((chain) => bars(chain, values));
  if (kind === 'density') {
    const curves = chains.map(kernelDensity);
    return curves.map((curve, index) =>
      curve ? { form: 'curve', x: curve.x, y: curve.y, width: 0 } : spike(chains[index] ?? [], chains),
    );
  }
  const edges = widened(drawableExtent(chains) ?? [0, 1]);
  const bins = Math.max(8, Math.min(60, Math.ceil(2 * (chains[0]?.length ?? 1) ** (1 / 3))));
  const width = (edges[1] - edges[0]) / bins;
  const x = Float64Array.from({ length: bins }, (_, bin) => edges[0] + (bin + 0.5) * width);
  return chains.map((chain) => ({ form: 'steps', x, y: binHeights(chain, edges, bins, 'density'), width }));
}

/** The range of values that a marginal reaches over. */
export function marginalExtent(marginals: readonly Marginal[]): readonly [number, number] | undefined {
  const middle = drawableExtent(marginals.map(({ x }) => x));
  const half = Math.max(0, ...marginals.map(({ width }) => width)) / 2;
  return middle && [middle[0] - half, middle[1] + half];
}

/** A marginal as marks over the ground of a panel. */
export function drawMarginal(
  { form, x, y, width }: Marginal,
  { colour, dash }: SeriesLook,
  placed: PlacedAxes,
  fillOpacity = 0.14,
): string {
  const round = (pixels: number) => Math.round(pixels * 10) / 10;
  const places: (readonly [x: number, y: number])[] = [];
  for (let i = 0; i < x.length; i += 1) {
    const [at, height] = [x[i] ?? 0, y[i] ?? 0];
    if (form === 'curve') places.push([at, height]);
    else places.push([at - width / 2, 0], [at - width / 2, height], [at + width / 2, height], [at + width / 2, 0]);
  }
  const shape = areaShape<readonly [number, number]>()
    .x(([at]) => round(placed.x.place(at)))
    .y0(round(placed.y.place(0)))
    .y1(([, height]) => round(placed.y.place(height)));
  const outline = lineShape<readonly [number, number]>()
    .x(([at]) => round(placed.x.place(at)))
    .y(([, height]) => round(placed.y.place(height)));
  const style = `fill:none;stroke:${colour};stroke-width:1.3;stroke-linejoin:round`;
  return (
    element('path', { d: shape(places) ?? '', style: `fill:${colour};fill-opacity:${fillOpacity}` }) +
    element('path', { d: outline(places) ?? '', 'stroke-dasharray': dash, style })
  );
}

/** The few whole numbers that all draws are among, or the one value that they all have. */
function fewValues(chains: readonly ArrayLike<number>[]): number[] | undefined {
  const values = new Set<number>();
  for (const chain of chains) {
    for (let i = 0; i < chain.length; i += 1) {
      const value = chain[i];
      if (!isDrawable(value) || values.has(value)) continue;
      values.add(value);
      if (values.size > 1 && (values.size > mostBars || !Number.isInteger(value))) return undefined;
    }
  }
  const list = [...values].sort((a, b) => a - b);
  return list.length > 1 && !list.every(Number.isInteger) ? undefined : list;
}

function bars(chain: ArrayLike<number>, values: readonly number[]): Marginal {
  const kept = Array.from(chain).filter(isDrawable);
  const y = values.map((value) => kept.filter((other) => other === value).length / Math.max(1, kept.length));
  const gaps = values.slice(1).map((value, index) => value - (values[index] ?? 0));
  const size = Math.max(1e-9, Math.abs(values[0] ?? 0) / 4);
  return { form: 'bars', x: values, y, width: 0.7 * (gaps.length > 0 ? Math.min(...gaps) : size) };
}

/** A chain that never moves among chains that do: a bar of the area 1, as narrow as a fiftieth of what all draws span. */
function spike(chain: ArrayLike<number>, chains: readonly ArrayLike<number>[]): Marginal {
  const at = Array.from(chain).find(isDrawable);
  const [low, high] = widened(drawableExtent(chains) ?? [0, 1]);
  const width = (high - low) / 50;
  return { form: 'bars', x: at === undefined ? [] : [at], y: at === undefined ? [] : [1 / width], width };
}
