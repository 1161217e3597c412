import { type AxisScale, type AxisSpan, axisSpan } from './axis-scale.js';
import { chainLook, drawChain, type LandscapeChain } from './chain-marks.js';
import { type ChartOptions, layFrame } from './chart-frame.js';
import { chartSize, requireEqualLengths, requireList } from './chart-size.js';
import { colourBarWidth, drawColourBar } from './colour-bar.js';
import { type ColourMapName, colourLevel, colourMapNames, colourTable, nonFiniteColour } from './colour-map.js';
import { contourLevels, contourPaths } from './contour-lines.js';
import { isDrawable, notDrawable, partOf } from './drawable-values.js';
import { type EnergyGrid, readEnergyGrid } from './energy-grid.js';
import { element } from './markup.js';
import type { Picture } from './picture.js';
import { encodePng, enlarge, pngAddress, type RgbImage } from './png-bytes.js';

/** What {@link energyLandscape} draws. */
export interface EnergyLandscapeOptions extends ChartOptions {
  /**
   * The energies on a regular grid, `energy[row][column]`: column j of `columns` is at
   * $`x_0 + j (x_1 - x_0) / (columns - 1)`$, and row 0 is at the lowest y.
   */
  readonly energy: readonly ArrayLike<number>[];
  /** The x of the first and of the last column. */
  readonly xRange: readonly [number, number];
  /** The y of the first and of the last row. */
  readonly yRange: readonly [number, number];
  /** The energies that get the first and the last colour; those of the grid unless told. Energies beyond get the end colours. */
  readonly range?: readonly [number, number];
  /** The levels of the contour lines, or about how many round levels there are, 10 unless told; 0 for none. */
  readonly contours?: number | readonly number[];
  /** Paths or points to draw over the landscape. */
  readonly chains?: readonly LandscapeChain[];
  /** The colour map, `viridis` unless told. */
  readonly colours?: ColourMapName;
  /** What the colours measure, with its unit, `energy` unless told. */
  readonly energyLabel?: string;
}

/** An energy landscape with its heat map as a picture of its own. */
export interface LandscapePicture extends Picture {
  /**
   * The heat map alone as the bytes of a PNG file, without axes, contour lines and chains: each grid point is a square of
   * equal colour and the highest y is at the top. It needs no rasteriser; `toPng` makes the PNG of the whole picture.
   */
  readonly heatMapPng: Uint8Array;
}

/**
 * Draws a two-dimensional energy as a heat map with contour lines, a colour bar, and chains over it.
 *
 * Energies that are NaN or infinite are magenta and counted in `notes`, which the picture shows; so are states of chains
 * that are not finite (they leave gaps) or that lie outside the ranges (they are cut off).
 *
 * @param options - the energies on a grid, the ranges and what to draw over them
 * @returns the landscape as an SVG picture, 640 by 520 pixels unless told, with the PNG of its heat map
 * @throws RangeError when the grid is ragged or smaller than 2 by 2, a range is not increasing, or a size is out of range
 * @throws TypeError when positions of a chain are not arrays of numbers
 */
export function energyLandscape(options: EnergyLandscapeOptions): LandscapePicture {
  const size = chartSize('energyLandscape', options, 520);
  const { xRange, yRange, contours = 10, chains = [], colours = 'viridis', energyLabel = 'energy' } = options;
  const grid = readEnergyGrid(options.energy);
  checkOptions(options, colours);
  const colourSpan = axisSpan(options.range ?? grid.extent, { log: false, padding: 0 });
  const table = colourTable(colours);
  const image = paint(grid, colourSpan.domain, table);
  const frame = layFrame({
    options,
    size,
    x: { log: false, domain: xRange },
    y: { log: false, domain: yRange },
    legend: chains.map(({ name, draw }, index) => ({
      name,
      look: chainLook(index),
      mark: draw === 'points' ? 'dots' : 'path',
    })),
    notes: [...gridNote(grid), ...chains.flatMap((chain) => chainNotes(chain, xRange, yRange))],
    description: options.description ?? describe(grid, options),
    right: colourBarWidth(colourSpan, size.height - 120),
    grid: false,
  });
  const at = gridPlacer(grid, options, frame);
  const levels = contourLevels(contours, colourSpan.domain);
  const place = (x: number, y: number) => [frame.x.place(x), frame.y.place(y)] as const;
  const marks = [
    drawHeatMap(image, at),
    ...contourPaths(grid, levels, at).map(drawContour),
    ...chains.map((chain, index) => drawChain(chain, chainLook(index), place)),
  ];
  const label = clippedLabel(energyLabel, grid, colourSpan);
  const picture = frame.finish(marks, [drawColourBar(frame.area, colourSpan, table, label)]);
  const factor = Math.max(1, Math.floor(480 / Math.max(grid.columns, grid.rows)));
  return { ...picture, heatMapPng: encodePng(enlarge(image, factor)) };
}

function checkOptions(options: EnergyLandscapeOptions, colours: ColourMapName): void {
  const { xRange, yRange, range, contours, chains = [] } = options;
  for (const [name, value] of Object.entries({ xRange, yRange, ...(range ? { range } : {}) })) {
    if (!(value?.length === 2 && value.every(isDrawable) && value[0] < value[1])) {
      throw new RangeError(
        `energyLandscape: ${name} must be [low, high] with low < high, got ${JSON.stringify(value)}. Give both ends.`,
      );
    }
  }
  if (typeof contours === 'number' && !(Number.isInteger(contours) && contours >= 0 && contours <= 200)) {
    throw new RangeError(
      `energyLandscape: contours must be a list of levels or a whole number from 0 to 200, got ${contours}. Leave it out for 10.`,
    );
  }
  if (Array.isArray(contours) && !contours.every(Number.isFinite)) {
    throw new RangeError('energyLandscape: contours must be finite levels, got one that is not. Remove it.');
  }
  if (!colourMapNames.includes(colours)) {
    throw new RangeError(
      `energyLandscape: colours must be one of ${colourMapNames.join(', ')}, got ${colours}. Choose one of them.`,
    );
  }
  for (const { name, x, y } of chains) {
    requireList('energyLandscape', `x of chain "${name}"`, x);
    requireList('energyLandscape', `y of chain "${name}"`, y);
    requireEqualLengths('energyLandscape', name, { x, y });
  }
}

/** The heat map with one pixel for each grid point, the highest row first. */
function paint({ values, columns, rows }: EnergyGrid, range: readonly [number, number], table: Uint8Array): RgbImage {
  const data = new Uint8Array(columns * rows * 3);
  values.forEach((value, index) => {
    const at = ((rows - 1 - Math.floor(index / columns)) * columns + (index % columns)) * 3;
    const level = colourLevel(value, range) * 3;
    data.set(isDrawable(value) ? table.subarray(level, level + 3) : nonFiniteColour, at);
  });
  return { width: columns, height: rows, data };
}

/** A map from grid positions (column, row) to pixels. */
function gridPlacer(
  { columns, rows }: EnergyGrid,
  { xRange, yRange }: EnergyLandscapeOptions,
  { x, y }: { readonly x: AxisScale; readonly y: AxisScale },
): (column: number, row: number) => readonly [number, number] {
  const between = ([from, to]: readonly [number, number], part: number) => from * (1 - part) + to * part;
  return (column, row) => [
    x.place(between(xRange, column / (columns - 1))),
    y.place(between(yRange, row / (rows - 1))),
  ];
}

/** The heat map reaches half a cell beyond the outer grid points, so that each pixel's middle is its grid point. */
function drawHeatMap(image: RgbImage, at: (column: number, row: number) => readonly [number, number]): string {
  const [left, top] = at(-0.5, image.height - 0.5);
  const [right, bottom] = at(image.width - 0.5, -0.5);
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  return element('image', { ...box, href: pngAddress(encodePng(image)), preserveAspectRatio: 'none' });
}

function drawContour(d: string): string {
  return d === '' ? '' : element('path', { d, style: 'fill:none;stroke:#ffffff;stroke-opacity:0.45;stroke-width:1' });
}

function gridNote({ nonFinite, values }: EnergyGrid): string[] {
  if (nonFinite === 0) return [];
  return [`${partOf(nonFinite, values.length, 'grid point')} ${notDrawable} and drawn magenta.`];
}

function chainNotes(
  { name, x, y }: LandscapeChain,
  [left, right]: readonly [number, number],
  [bottom, top]: readonly [number, number],
): string[] {
  let [bad, outside] = [0, 0];
  for (let i = 0; i < x.length; i += 1) {
    const [px, py] = [x[i], y[i]];
    if (!isDrawable(px) || !isDrawable(py)) bad += 1;
    else if (px < left || px > right || py < bottom || py > top) outside += 1;
  }
  const who = name === '' ? 'The chain' : name;
  const notes: string[] = [];
  if (bad > 0) notes.push(`${who}: ${partOf(bad, x.length, 'state')} ${notDrawable} and left out.`);
  if (outside > 0) notes.push(`${who}: ${partOf(outside, x.length, 'state')} outside the ranges of the picture.`);
  return notes;
}

function clippedLabel(label: string, { extent }: EnergyGrid, { domain: [low, high] }: AxisSpan): string {
  const below = extent !== undefined && extent[0] < low;
  const above = extent !== undefined && extent[1] > high;
  const ends = [below ? 'below' : '', above ? 'above' : ''].filter((end) => end !== '');
  return ends.length === 0 ? label : `${label} (cut off ${ends.join(' and ')})`;
}

function describe({ columns, rows }: EnergyGrid, { xRange, yRange }: EnergyLandscapeOptions): string {
  return `Energy landscape on ${columns} by ${rows} grid points, x from ${xRange.join(' to ')}, y from ${yRange.join(' to ')}`;
}
