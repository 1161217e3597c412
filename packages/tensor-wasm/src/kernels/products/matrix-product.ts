import type { KernelRule, Phase } from '../step-kernel.js';
import { boolProduct, isWorthPicking } from './bool-product.js';
import { floatPhases, type ProductShape } from './float-product.js';
import { combinePhase, dotPhase, type MatrixVector } from './matrix-vector.js';
import { convertPhase, zeroPhase } from './packing.js';
import { factor, makeScratch, result, type Scratch } from './phases.js';
import type { Tile } from './tile.js';

const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);

/** The phase of a product in which one factor is a vector. */
function vectorPhase({ batches, m, k, n, transposeA, transposeB }: ProductShape, bool: readonly boolean[]): Phase {
  const matrixIsFirst = n === 1;
  const [a, b] = matrixIsFirst ? ([0, 1] as const) : ([1, 0] as const);
  const alongRows = matrixIsFirst ? !transposeA : transposeB;
  const outer = matrixIsFirst ? m : n;
  const task: MatrixVector = {
    batches,
    rows: alongRows ? outer : k,
    columns: alongRows ? k : outer,
    matrix: factor(a),
    boolMatrix: bool[a] as boolean,
    vector: factor(b),
    boolVector: bool[b] as boolean,
  };
  if (!alongRows) return combinePhase(task);
  const rowBytes = new Map([
    [a, task.columns * (task.boolMatrix ? 1 : 4)],
    [2, 4],
  ]);
  return { ...dotPhase(task), rowWise: { rows: task.rows, perUnit: 1, rowBytes } };
}

/** The phases of a product of matrices, of which bool ones become float32 first. */
function convertedPhases(shape: ProductShape, tile: Tile, bool: readonly boolean[], scratch: Scratch): Phase[] {
  const { batches, m, k, n } = shape;
  const converting: Phase[] = [];
  const [a, b] = ([0, 1] as const).map((index) => {
    if (!bool[index]) return factor(index);
    const count = batches * k * (index === 0 ? m : n);
    const numbers = scratch.take(4 * (count + 16));
    converting.push(convertPhase(count, factor(index), numbers));
    return numbers;
  }) as [ReturnType<typeof factor>, ReturnType<typeof factor>];
  return [...converting, ...floatPhases(shape, tile, a, b, scratch)];
}

/** The rule of `matMul`: float32 and bool factors, either transposed, leading axes as batches. */
export function matMulRule(tile: Tile): KernelRule {
  return ([a, b], { transposeA, transposeB }, output) => {
    const [m, n] = output.shape.slice(-2) as [number, number];
    const k = a?.shape.at(transposeA ? -2 : -1) as number;
    const batches = product(output.shape.slice(0, -2));
    const shape: ProductShape = { batches, m, k, n, transposeA: transposeA === true, transposeB: transposeB === true };
    const bool = [a?.dtype === 'bool', b?.dtype === 'bool'];
    if (batches * m * n === 0) return { scratch: 0, phases: [] };
    if (k === 0) return { scratch: 0, phases: [zeroPhase(batches * m * n, result)] };
    if (m === 1 || n === 1) return { scratch: 0, phases: [vectorPhase(shape, bool)] };
    if (bool[0] && !bool[1] && !transposeB && isWorthPicking(shape)) return boolProduct(shape);
    const scratch = makeScratch();
    const phases = convertedPhases(shape, tile, bool, scratch);
    return { scratch: scratch.bytes(), phases };
  };
}
