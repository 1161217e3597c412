import * as ops from '@ebmkit/tensor';
import { fold, type Key, split, type Tensor } from '@ebmkit/tensor';
import * as fc from 'fast-check';

/** One instruction: an operation by number, and what it is applied to, by numbers that are wrapped to what is there. */
export interface Instruction {
  /** Which operation. */
  readonly operation: number;
  /** Which earlier values. */
  readonly operands: readonly [number, number, number];
}

/** A random straight-line program over the operations of the library. */
export type Program = readonly Instruction[];

/** What a program works with: float32 tensors of shape [3, 4], and keys. */
interface Machine {
  readonly values: Tensor[];
  readonly keys: Key[];
}

const rows = 3;
const columns = 4;
const shape = [rows, columns];

type Operation = (a: Tensor, b: Tensor, c: Tensor, key: Key, index: number) => Tensor;

/** A value that stays of moderate size, so that long programs do not overflow. */
const tame = (x: Tensor): Tensor => ops.tanh(x);

const operations: readonly Operation[] = [
  (a, b) => ops.add(a, b),
  (a, b) => ops.sub(a, b),
  (a, b) => tame(ops.mul(a, b)),
  (a, b) => tame(ops.div(a, b)),
  (a) => ops.mul(a, 0.5),
  (a) => ops.sub(1, a),
  (a) => ops.sigmoid(a),
  (a) => ops.softplus(a),
  (a) => ops.exp(ops.neg(ops.square(a))),
  (a) => ops.log1p(ops.abs(a)),
  (a) => ops.sin(a),
  (a, b, c) => ops.where(ops.greater(a, b), b, c),
  (a, b) => ops.minimum(a, b),
  (a) => ops.cast(ops.lessEqual(a, 0.25), 'float32'),
  (a) => ops.cast(ops.cast(ops.mul(a, 3), 'int32'), 'float32'),
  (a) => ops.sub(a, ops.restoreAxes(ops.mean(a, 1), shape, 1)),
  (a) => ops.add(a, ops.sum(a, 0)),
  (a) => ops.sub(a, ops.max(a)),
  (a) => ops.softmax(a),
  (a, b) => tame(ops.matMul(ops.matMul(a, b, { transposeB: true }), a)),
  (a, b) => tame(ops.matMul(ops.greater(a, 0), ops.matMul(b, a, { transposeA: true }))),
  (a) => ops.reshape(ops.transpose(a), shape),
  (a, b) => ops.slice(ops.concat([a, b], 0), [2, 0], [rows, columns]),
  (a) => ops.slice(ops.pad(a, [1, 0], [0, 1], 0.5), [0, 1], [rows, columns]),
  (a) => ops.reverse(a, [1]),
  (a) => tame(ops.cumsum(a, 1, { reverse: true })),
  (a) => ops.sort(a),
  (a) => ops.gather(a, ops.minimum(ops.argMax(a, 1), rows - 1), 0),
  (a) => ops.stopGradient(a),
  (_a, _b, _c, key) => ops.normal(key, shape),
  (_a, _b, _c, key) => ops.uniform(key, shape),
  (a, _b, _c, key) => ops.cast(ops.bernoulli(key, ops.sigmoid(a)), 'float32'),
  (a, _b, _c, key) => ops.add(a, ops.mul(ops.normal(key, [columns]), 0.1)),
  (a) => ops.grad((x: Tensor) => ops.sum(ops.softplus(ops.mul(x, x))))(a),
  (a, b) => ops.grad((x: Tensor) => ops.sum(ops.mul(ops.sigmoid(x), b)))(a),
  (a, b) => ops.hvp((x: Tensor) => ops.sum(ops.silu(x)), a, b),
  (_a, _b, _c, _key, index) => ops.full(shape, index / 4),
];

/** Random programs of up to a given number of instructions. */
export function randomProgram(maxLength = 14): fc.Arbitrary<Program> {
  const instruction = fc.record({
    operation: fc.nat(operations.length - 1),
    operands: fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)),
  });
  return fc.array(instruction, { minLength: 1, maxLength, size: 'max' });
}

/** How many different operations programs are made of. */
export const operationCount: number = operations.length;

function wrap<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}

/**
 * Runs a program.
 *
 * @param program - The instructions.
 * @param inputs - Two float32 tensors of shape [3, 4].
 * @param key - Where its randomness comes from.
 * @returns The last values and the last key.
 */
export function runProgram(
  program: Program,
  inputs: readonly Tensor[],
  key: Key,
): { readonly values: readonly Tensor[]; readonly key: Key } {
  const machine: Machine = { values: [...inputs], keys: [key] };
  for (const { operation, operands } of program) {
    const [i, j, k] = operands;
    const [mine, next] = split(wrap(machine.keys, k), 2);
    machine.keys.push(fold(next, i));
    const [a, b, c] = [wrap(machine.values, i), wrap(machine.values, j), wrap(machine.values, k)];
    machine.values.push((operations[operation] as Operation)(a, b, c, mine, i));
  }
  return { values: machine.values.slice(-3), key: machine.keys.at(-1) as Key };
}
