import { EbmError, isTensor, ShapeError, type Tensor } from '@ebmkit/tensor';
import type { ConvolutionalRbmLayers } from './convolutional-rbm.js';

/** Height, width and channels. */
type Triple = readonly [number, number, number];

function checkCounts(name: string, counts: readonly number[], length: number): void {
  if (!Array.isArray(counts) || counts.length !== length || !counts.every((n) => Number.isInteger(n) && n >= 1))
    throw new EbmError(
      'argument',
      `convolutionalRbm: ${name} must be ${length === 1 ? 'a whole number' : 'two whole numbers'} of at least 1, got ${JSON.stringify(length === 1 ? counts[0] : counts)}.`,
    );
}

/** The zeros around an image on one axis, before and behind. */
type Margin = readonly [number, number];

function marginOf(padding: 'valid' | 'same', filterLength: number): Margin {
  const total = padding === 'same' ? filterLength - 1 : 0;
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** One axis of an image, of a filter and of a pooling block: the hidden units along it, and the zeros for the ways up and down. */
function axisOf(padding: 'valid' | 'same', length: number, filterLength: number) {
  const [before, behind] = marginOf(padding, filterLength);
  const down: Margin = [filterLength - 1 - before, filterLength - 1 - behind];
  return { hidden: length + before + behind - filterLength + 1, up: [before, behind] as Margin, down };
}

/**
 * The shapes of images, hidden grid and pooled grid of a convolutional RBM, and the zeros around images (`padding.up`) and, for the
 * way down, around hidden states (`padding.down`).
 *
 * @throws EbmError when a size is not a whole number above 0, the filters do not fit, or the blocks do not tile the hidden grid.
 */
export function geometryOf(layers: ConvolutionalRbmLayers<string>) {
  const { visible, size, filters, filterSize, padding = 'valid', pool = [1, 1] } = layers;
  checkCounts('size', size, 2);
  checkCounts('filters', [filters], 1);
  checkCounts('filterSize', filterSize, 2);
  checkCounts('pool', pool, 2);
  if (!['valid', 'same'].includes(padding))
    throw new EbmError('argument', `convolutionalRbm: padding must be valid or same, got ${padding}.`);
  const [rows, columns] = [axisOf(padding, size[0], filterSize[0]), axisOf(padding, size[1], filterSize[1])];
  const grid = [rows.hidden, columns.hidden] as const;
  if (grid.some((length) => length < 1))
    throw new EbmError(
      'argument',
      `convolutionalRbm: filters must fit into images of ${size.join(' x ')}, got filters of ${filterSize.join(' x ')}.`,
    );
  if (grid[0] % pool[0] !== 0 || grid[1] % pool[1] !== 0)
    throw new EbmError(
      'argument',
      `convolutionalRbm: pool must divide the hidden grid of ${grid.join(' x ')}, got ${pool.join(' x ')}. Change the pool, the filters or the padding.`,
    );
  return {
    visibleShape: [...size, visible.size] as Triple,
    hiddenShape: [...grid, filters] as Triple,
    poolShape: [grid[0] / pool[0], grid[1] / pool[1], filters] as Triple,
    pool,
    padding: { up: [rows.up, columns.up] as const, down: [rows.down, columns.down] as const },
  };
}

/** Throws unless a tensor holds images of a shape, `[n, height, width, channels]`. */
export function checkImages(where: string, shape: Triple, states: unknown): asserts states is Tensor {
  const expected = `[n, ${shape.join(', ')}]`;
  if (!isTensor(states))
    throw new EbmError('argument', `${where}: expected a tensor ${expected}, got ${typeof states}.`);
  if (states.shape.length !== 4 || shape.some((length, axis) => states.shape[axis + 1] !== length))
    throw new ShapeError(
      `${where}: expected ${expected}, got [${states.shape.join(', ')}]. Reshape rows of pixels to images with channels last.`,
    );
}
