import { line as lineShape } from 'd3-shape';
import { isDrawable } from './drawable-values.js';
import { element } from './markup.js';
import { drawPoints } from './scatter-chart.js';
import type { SeriesLook } from './theme.js';

/** States of a Markov chain, or any points, drawn over an energy landscape. */
export interface LandscapeChain {
  /** The name shown in the legend; an empty name is left out of it. */
  readonly name: string;
  /** Horizontal positions in the order of the steps. */
  readonly x: ArrayLike<number>;
  /** Vertical positions, one for each x. */
  readonly y: ArrayLike<number>;
  /** `path` (the usual) joins the states in their order and rings the first; `points` draws each state as a dot. */
  readonly draw?: 'path' | 'points';
}

const colours = ['#ffffff', '#ff9248', '#7fe3ff', '#ff8fc4', '#ffe45c'] as const;
const dashes = [undefined, '5 3', '2 3'] as const;

/** The look of a chain: bright colours, since every landscape has dark parts and every mark a dark rim. */
export function chainLook(index: number): SeriesLook {
  return {
    colour: colours[index % colours.length] ?? colours[0],
    dash: dashes[Math.floor(index / colours.length) % dashes.length],
  };
}

/** A chain as marks; a state with a coordinate that cannot be placed leaves a gap. */
export function drawChain(
  { x, y, draw = 'path' }: LandscapeChain,
  { colour, dash }: SeriesLook,
  place: (x: number, y: number) => readonly [number, number],
): string {
  if (draw === 'points') {
    const rim = drawPoints({ x, y }, place, { radius: 3, colour: '#1b1626', opacity: 0.55 });
    return rim + drawPoints({ x, y }, place, { radius: 2, colour, opacity: 0.95 });
  }
  const placed = (i: number) => place(x[i] ?? 0, y[i] ?? 0);
  const shape = lineShape<number>()
    .defined((i) => isDrawable(x[i]) && isDrawable(y[i]))
    .x((i) => placed(i)[0])
    .y((i) => placed(i)[1]);
  const steps = Array.from({ length: x.length }, (_, i) => i);
  const d = shape(steps);
  if (!d) return '';
  const round = 'fill:none;stroke-linejoin:round;stroke-linecap:round';
  const rim = element('path', { d, style: `${round};stroke:#1b1626;stroke-width:3.2;stroke-opacity:0.5` });
  const path = element('path', { d, 'stroke-dasharray': dash, style: `${round};stroke:${colour};stroke-width:1.5` });
  const first = steps.find((i) => isDrawable(x[i]) && isDrawable(y[i])) ?? 0;
  const [cx, cy] = placed(first);
  return rim + path + element('circle', { cx, cy, r: 4.5, style: `fill:#1b1626;stroke:${colour};stroke-width:2` });
}
