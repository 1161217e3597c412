import { ticks } from 'd3-array';
import { contours } from 'd3-contour';
import { isDrawable } from './drawable-values.js';
import type { EnergyGrid } from './energy-grid.js';
import { formatCoordinate } from './markup.js';

/** The levels of contour lines: those given, or about `count` round numbers strictly inside the range. */
export function contourLevels(wanted: number | readonly number[], [low, high]: readonly [number, number]): number[] {
  if (typeof wanted !== 'number') return [...wanted];
  if (wanted === 0 || !(high > low)) return [];
  return ticks(low, high, wanted).filter((level) => level > low && level < high);
}

/**
 * Lines of equal energy as SVG path data, one for each level, by marching squares with linear interpolation.
 * `place` maps grid positions (column, row), the first at 0, to pixels. Energies that cannot be drawn count as above every
 * level, so that a line goes around them.
 */
export function contourPaths(
  grid: EnergyGrid,
  levels: readonly number[],
  place: (column: number, row: number) => readonly [number, number],
): string[] {
  const { columns, rows, values } = grid;
  const highest = (grid.extent?.[1] ?? 0) + 1;
  const filled = Array.from(values, (value) => (isDrawable(value) ? value : highest));
  const shapes = contours().size([columns, rows]);
  return levels.map((level) => {
    const rings = shapes.contour(filled, level).coordinates.flat();
    return rings.map((ring) => ringPath(ring, grid, place)).join('');
  });
}

/** A ring without its parts along the border of the grid, which are the end of the data and not lines of equal energy. */
function ringPath(
  ring: readonly (readonly number[])[],
  { columns, rows }: EnergyGrid,
  place: (column: number, row: number) => readonly [number, number],
): string {
  const along = (a: number, b: number, end: number) => (a <= 0.5 && b <= 0.5) || (a >= end - 0.5 && b >= end - 0.5);
  const placed = (x: number, y: number) =>
    place(x - 0.5, y - 0.5)
      .map(formatCoordinate)
      .join(',');
  let path = '';
  let pen = false;
  for (let i = 1; i < ring.length; i += 1) {
    const [x0 = 0, y0 = 0] = ring[i - 1] ?? [];
    const [x1 = 0, y1 = 0] = ring[i] ?? [];
    if (along(x0, x1, columns) || along(y0, y1, rows)) {
      pen = false;
      continue;
    }
    path += `${pen ? '' : `M${placed(x0, y0)}`}L${placed(x1, y1)}`;
    pen = true;
  }
  return path;
}
