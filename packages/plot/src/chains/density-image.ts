import { encode } from 'fast-png';
import type { PlotArea } from '../axes.js';
import { isDrawable } from '../drawable-values.js';
import { element } from '../markup.js';
import { pngAddress } from '../png-bytes.js';

const cells = 48;

/** A blue that shows on white and on dark paper; how opaque a cell is says how many points are in it. */
const colour = [46, 134, 200] as const;

/**
 * A two-dimensional histogram as a picture of `area`, each cell as opaque as the square root of its share of the fullest one.
 *
 * @param x - horizontal positions in pixels
 * @param y - vertical positions in pixels
 * @param area - where the picture goes
 */
export function densityImage(x: ArrayLike<number>, y: ArrayLike<number>, area: PlotArea): string {
  const counts = new Float64Array(cells * cells);
  for (let i = 0; i < x.length; i += 1) {
    const [px, py] = [x[i], y[i]];
    if (!isDrawable(px) || !isDrawable(py)) continue;
    const column = Math.floor(((px - area.left) / area.width) * cells);
    const row = Math.floor(((py - area.top) / area.height) * cells);
    if (column < 0 || column >= cells || row < 0 || row >= cells) continue;
    counts[row * cells + column] = (counts[row * cells + column] as number) + 1;
  }
  const most = Math.max(...counts, 1);
  const data = new Uint8Array(cells * cells * 4);
  counts.forEach((count, cell) => {
    data.set([...colour, Math.round(255 * Math.sqrt(count / most))], cell * 4);
  });
  const href = pngAddress(encode({ width: cells, height: cells, data, channels: 4 }));
  const box = { x: area.left, y: area.top, width: area.width, height: area.height };
  return element('image', { ...box, href, preserveAspectRatio: 'none' });
}
