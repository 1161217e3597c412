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
 * `place` maps grid positions (column, row), the first at 0, to pixels. Lines end where energies cannot be drawn, and at
 * the border of the grid.
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

/** A ring without its parts along the border and beside energies that cannot be drawn: those are no lines of equal energy. */
function ringPath(
  ring: readonly (readonly number[])[],
  { columns, rows, values }: EnergyGrid,
  place: (column: number, row: number) => readonly [number, number],
): string {
  const along = (a: number, b: number, last: number) => (a <= 0 && b <= 0) || (a >= last && b >= last);
  const known = (column: number, row: number) =>
    [Math.floor(column), Math.ceil(column)].every((c) =>
      [Math.floor(row), Math.ceil(row)].every((r) => isDrawable(values[clamp(r, rows) * columns + clamp(c, columns)])),
    );
  let path = '';
  let pen = false;
  for (let i = 1; i < ring.length; i += 1) {
    const [fromColumn, fromRow] = gridPosition(ring[i - 1]);
    const [column, row] = gridPosition(ring[i]);
    const border = along(fromColumn, column, columns - 1) || along(fromRow, row, rows - 1);
    if (border || !known(fromColumn, fromRow) || !known(column, row)) {
      pen = false;
      continue;
    }
    if (!pen) path += `M${place(fromColumn, fromRow).map(formatCoordinate).join(',')}`;
    path += `L${place(column, row).map(formatCoordinate).join(',')}`;
    pen = true;
  }
  return path;
}

/** d3-contour puts grid point (0, 0) at (0.5, 0.5). */
function gridPosition([x = 0.5, y = 0.5]: readonly number[] = []): readonly [number, number] {
  return [x - 0.5, y - 0.5];
}

function clamp(index: number, length: number): number {
  return Math.min(length - 1, Math.max(0, index));
}
