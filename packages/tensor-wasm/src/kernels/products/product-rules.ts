import type { KernelRule } from '../step-kernel.js';
import { convolutionRule } from './convolution.js';
import { matMulRule } from './matrix-product.js';
import type { Tile } from './tile.js';

/** How products are computed on this machine. */
export interface ProductOptions {
  /** The tile that is fastest here: see `probeTile`. */
  readonly tile: Tile;
}

/** The kernels of the matrix product and of the convolution. */
export function makeProductRules({ tile }: ProductOptions): Readonly<Record<'matMul' | 'conv2d', KernelRule>> {
  return { matMul: matMulRule(tile), conv2d: convolutionRule(tile) };
}
