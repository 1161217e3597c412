import type { Images } from './digits.js';

/** The mean of every column of rows that stand one after the other. */
export function columnMeans(values: ArrayLike<number>, columns: number): Float32Array {
  const totals = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) totals[i % columns] = (totals[i % columns] as number) + (values[i] as number);
  return Float32Array.from(totals, (total) => (total * columns) / values.length);
}

/** The mean of every pixel over the images. */
export function pixelMeans({ images, pixels }: Images): Float32Array {
  return columnMeans(images, pixels);
}
