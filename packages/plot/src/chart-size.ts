import type { ChartOptions } from './chart-frame.js';

/** The size of a chart from its options, or a clear error for a size that no chart fits in. */
export function chartSize(
  where: string,
  { width = 640, height }: ChartOptions,
  usualHeight: number,
): { readonly width: number; readonly height: number } {
  const size = { width, height: height ?? usualHeight };
  if (!(size.width >= 200 && size.width <= 10_000) || !(size.height >= 150 && size.height <= 10_000)) {
    throw new RangeError(
      `${where}: width must be 200 to 10000 and height 150 to 10000 pixels, got ${size.width} by ${size.height}. Give the size of the picture in pixels.`,
    );
  }
  return size;
}

/** Throws unless there is at least one series and all of them have names and values. */
export function requireSeries(where: string, series: unknown): void {
  if (!Array.isArray(series) || series.length === 0) {
    throw new RangeError(
      `${where}: series must hold at least one series, got ${describe(series)}. Pass series: [{ name, … }].`,
    );
  }
}

/** Throws unless a value is an array or a typed array of numbers. */
export function requireList(where: string, what: string, list: unknown): void {
  const ok = Array.isArray(list) || (ArrayBuffer.isView(list) && !(list instanceof DataView));
  if (!ok)
    throw new TypeError(
      `${where}: ${what} must be an array of numbers, got ${describe(list)}. Pass a plain or a typed array.`,
    );
}

/** Throws unless two lists are of one length. */
export function requireEqualLengths(
  where: string,
  name: string,
  lists: Readonly<Record<string, ArrayLike<number>>>,
): void {
  const lengths = Object.entries(lists).map(([key, list]) => [key, list.length] as const);
  if (new Set(lengths.map(([, length]) => length)).size > 1) {
    const got = lengths.map(([key, length]) => `${length} in ${key}`).join(', ');
    throw new RangeError(
      `${where}: every list of series "${name}" must have one value for each point, got ${got}. Cut or fill them to one length.`,
    );
  }
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return value === null ? 'null' : typeof value;
}
