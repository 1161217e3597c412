/**
 * Data for energy-based models as typed arrays: the IDX format, MNIST, Fisher's irises, batches shuffled by key, and distributions in the plane.
 *
 * @packageDocumentation
 */
export { type Batch, type BatchesOptions, batches, type RowArray, shuffledOrder, takeRows } from './batches.js';
export { type BinariseOptions, binarise } from './binarise.js';
export { type CheckerboardOptions, checkerboard } from './checkerboard.js';
export { type GaussianGridOptions, gaussianGrid } from './gaussian-grid.js';
export { type IdxArray, type IdxArrays, readIdx } from './idx.js';
export { type IrisDataset, iris } from './iris.js';
export { type ImageDataset, type LabelledImages, type MnistOptions, mnist } from './mnist.js';
export { type PinwheelOptions, pinwheel } from './pinwheel.js';
export type { Points } from './points.js';
export { type RingsOptions, rings } from './rings.js';
export { type SpiralsOptions, spirals } from './spirals.js';
export { type TwoMoonsOptions, twoMoons } from './two-moons.js';
