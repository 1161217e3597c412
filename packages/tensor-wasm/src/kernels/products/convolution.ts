import type { ConvolutionAttributes, TensorType } from '@ebmkit/tensor';
import type { I32 } from '../../assembler/expression.js';
import { i32, int } from '../../assembler/scalar.js';
import type { KernelRule, Phase } from '../step-kernel.js';
import { type BlockProduct, blockProduct } from './block-product.js';
import { packPhase, panelsSize } from './float-product.js';
import { matMulRule } from './matrix-product.js';
import { zeroPhase } from './packing.js';
import { type ConvolutionShape, patchLength, patchStep, patchWriter } from './patches.js';
import { at, factor, makeScratch, phase, result, roundUp, type Scratch, smaller } from './phases.js';
import { type Tile, tileFor } from './tile.js';

type Four = readonly [number, number, number, number];

/** Numbers of the patches that are in memory at a time. */
const blockNumbers = 65536;
/** Longer patches are written and multiplied some rows at a time. */
const longestPatch = 4096;
/** Each unit has its own memory for patches, so there are not too many. */
const mostUnits = 32;
/** So many units are enough for the threads: more of them would read the kernel more often. */
const enoughUnits = 8;

/** The phases of a convolution as a product of a matrix of patches, which exists a block at a time, and the kernel. */
function patchPhases(
  shape: ConvolutionShape,
  images: number,
  filters: number,
  preferred: Tile,
  scratch: Scratch,
): Phase[] {
  const rows = images * shape.windows[0] * shape.windows[1];
  const tile = tileFor(preferred, rows, filters);
  const depth = patchLength(shape);
  const kernelRows = shape.kernel[0];
  const partRows = Math.min(kernelRows, Math.max(1, Math.floor(longestPatch / patchLength(shape, 1))));
  const step = patchStep(shape, partRows);
  const tiles = Math.ceil(rows / tile.rows);
  const tilesAtOnce = Math.max(2, Math.floor((4 * blockNumbers) / step / tile.rows));
  const tilesOfUnit = Math.max(Math.ceil(tiles / mostUnits), Math.min(tilesAtOnce, Math.ceil(tiles / enoughUnits)));
  const units = Math.ceil(tiles / tilesOfUnit);
  const blockTiles = Math.min(tilesAtOnce, tilesOfUnit);
  const blockBytes = roundUp(blockTiles * tile.rows * step + 64, 64);
  const kernelShape = { batches: 1, m: rows, k: depth, n: filters, transposeA: false, transposeB: false };
  const panels = scratch.take(panelsSize(kernelShape, tile.vectors));
  const patches = scratch.take(units * blockBytes);
  const bDepth = 16 * tile.vectors;
  const product = (someRows: number): BlockProduct => ({
    tile,
    rows,
    depth: patchLength(shape, someRows),
    columns: filters,
    aRow: step,
    aDepth: 4,
    aTile: tile.rows * step,
    bDepth,
    bPanel: bDepth * roundUp(depth, 4),
  });
  const multiply = phase(units, (2 * rows * depth * filters) / 28, (f, module, begin, end) => {
    const [x, right, target] = [f.let(factor(0)(f)), f.let(panels(f)), f.let(result(f))];
    const memory = f.let(at(patches(f), begin, blockBytes));
    const write = patchWriter(module, shape);
    f.for(begin, end, 1, (unit) => {
      const start = f.let(i32.mul(unit, int(tilesOfUnit)));
      const beyond = f.let(i32.add(start, int(tilesOfUnit)));
      const stop = f.let(smaller(beyond, int(tiles)));
      f.for(start, stop, blockTiles, (first) => {
        const wanted = f.let(i32.add(first, int(blockTiles)));
        const last = f.let(smaller(wanted, stop));
        const beyondRows = f.let(i32.mul(last, int(tile.rows)));
        const endRow = f.let(smaller(beyondRows, int(rows)));
        const tail = f.let(rows % tile.rows === 0 ? int(0) : i32.eq(last, int(tiles)));
        const part = (kernelRow: I32, someRows: number): void => {
          const to = f.let(memory);
          f.for(i32.mul(first, int(tile.rows)), endRow, 1, (row) => {
            f.callVoid(write, [x, row, to, kernelRow, int(someRows)]);
            f.increase(to, step);
          });
          f.callVoid(blockProduct(module, product(someRows)), [
            memory,
            at(right, kernelRow, bDepth * patchLength(shape, 1)),
            at(target, first, 4 * tile.rows * filters),
            i32.sub(i32.sub(last, first), tail),
            tail,
            kernelRow,
          ]);
        };
        const rest = kernelRows % partRows;
        f.for(int(0), int(kernelRows - rest), partRows, (kernelRow) => part(kernelRow, partRows));
        if (rest > 0) part(int(kernelRows - rest), rest);
      });
    });
  });
  return [packPhase(kernelShape, tile.vectors, factor(1), panels), multiply];
}

const pairIs = (pair: readonly number[], first: number, second = first): boolean =>
  pair[0] === first && pair[1] === second;

/** Rows of the matrix that the images already are, or 0: for kernels of one pixel and for kernels as large as the images. */
function rowsWithoutPatches(images: number, { image, kernel, attributes }: ConvolutionShape): number {
  const { strides, padding, inputDilation, kernelDilation } = attributes;
  const unpadded = padding.every((pair) => pairIs(pair, 0));
  if (!unpadded || !pairIs(inputDilation, 1)) return 0;
  if (pairIs(kernel, 1) && pairIs(strides, 1)) return images * image[0] * image[1];
  return pairIs(kernel, image[0], image[1]) && pairIs(kernelDilation, 1) ? images : 0;
}

/** The rule of `conv2d`: float32 images and kernels, with strides, padding, cropping and both dilations. */
export function convolutionRule(tile: Tile): KernelRule {
  const multiply = matMulRule(tile);
  return (inputs, attributes, output) => {
    const [x, w] = inputs as readonly [TensorType, TensorType];
    const [images, height, width, channels] = x.shape as unknown as Four;
    const [kernelHeight, kernelWidth, , filters] = w.shape as unknown as Four;
    const [, windowsHigh, windowsWide] = output.shape as unknown as Four;
    const shape: ConvolutionShape = {
      image: [height, width, channels],
      kernel: [kernelHeight, kernelWidth],
      windows: [windowsHigh, windowsWide],
      attributes: attributes as ConvolutionAttributes,
    };
    const count = images * windowsHigh * windowsWide * filters;
    const depth = patchLength(shape);
    if (count === 0) return { scratch: 0, phases: [] };
    if (depth === 0) return { scratch: 0, phases: [zeroPhase(count, result)] };
    const rows = rowsWithoutPatches(images, shape);
    if (rows > 0)
      return multiply(
        [
          { shape: [rows, depth], dtype: 'float32' },
          { shape: [depth, filters], dtype: 'float32' },
        ],
        { transposeA: false, transposeB: false },
        { shape: [rows, filters], dtype: 'float32' },
      );
    const scratch = makeScratch();
    const phases = patchPhases(shape, images, filters, tile, scratch);
    return { scratch: scratch.bytes(), phases };
  };
}
