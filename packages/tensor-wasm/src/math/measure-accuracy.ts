import { setFlagsFromString } from 'node:v8';
import { type BackendInput, reference, type TensorType } from '@ebmkit/tensor';
import type { V128 } from '../assembler/expression.js';
import { makeModuleBuilder } from '../assembler/module-builder.js';
import { i32 } from '../assembler/scalar.js';
import { v128 } from '../assembler/vector.js';
import { makeHeap } from '../machine/heap.js';
import { instantiate } from '../machine/instantiate.js';
import type { VectorFunction } from './vector-function.js';

/** Values that go through generated code at once. */
const blockLength = 4096;

/** A function of whole arrays. */
export interface Applied {
  /** Gives the results for at most 4,096 values; the array is used again by the next call. */
  readonly apply: (...operands: readonly Float32Array[]) => Float32Array;
  /** Nanoseconds for four values: the best of many passes over 4,096 values. */
  readonly time: () => number;
}

/** Compiles a vector function on its own. */
export function compileFunction(target: VectorFunction, relaxed: boolean): Applied {
  const heap = makeHeap(false, 2 ** 25);
  const module = makeModuleBuilder(heap.pool, { relaxed }, heap.limits);
  module.function(
    ['i32', 'i32', 'i32', 'i32'],
    undefined,
    (f) => {
      const [a, b, out, end] = [f.parameter(0), f.parameter(1), f.parameter(2), f.parameter(3)];
      f.for(a, end, 16, (at) => {
        const offset = f.let(i32.sub(at, a));
        const operands: V128[] = [f.let(v128.load(at)), f.let(v128.load(i32.add(b, offset)))];
        f.store(i32.add(out, offset), target(f, ...operands));
      });
    },
    'run',
  );
  const [a, b, out] = [0, 1, 2].map(() => heap.allocate(4 * blockLength)) as [number, number, number];
  const { run } = instantiate(module, heap);
  const pass = (count: number): void => {
    run?.(a, b, out, a + 4 * count);
  };
  return {
    apply: (...operands) => {
      for (const [i, operand] of operands.entries())
        new Float32Array(heap.memory.buffer).set(operand, (i === 0 ? a : b) / 4);
      const count = operands[0]?.length ?? 0;
      pass(count);
      return new Float32Array(heap.memory.buffer, out, count);
    },
    time: () => {
      let best = Number.POSITIVE_INFINITY;
      const begin = performance.now();
      while (performance.now() < begin + 700) {
        const start = performance.now();
        for (let i = 0; i < 100; i++) pass(blockLength);
        best = Math.min(best, performance.now() - start);
      }
      return (best * 1e6 * 4) / (100 * blockLength);
    },
  };
}

/** Whether this machine can run relaxed SIMD; Node 20 is told to. */
export function allowRelaxed(): boolean {
  const heap = makeHeap(false, 2 ** 25);
  const module = makeModuleBuilder(heap.pool, { relaxed: true }, heap.limits);
  module.function(['v128'], undefined, (f) => {
    const x = f.parameters[0] as V128;
    f.drop(f.madd(x, x, x));
  });
  const isKnown = (): boolean => WebAssembly.validate(module.encode() as BufferSource);
  if (!isKnown()) setFlagsFromString('--experimental-wasm-relaxed-simd');
  return isKnown();
}

/** The distance of a float32 from the true value, in units of the last place of the true value; infinite if one alone is NaN. */
function ulpError(got: number, exact: number): number {
  if (Number.isNaN(got) || Number.isNaN(exact))
    return Number.isNaN(got) && Number.isNaN(exact) ? 0 : Number.POSITIVE_INFINITY;
  const limit = (x: number): number => Math.max(-(2 ** 128), Math.min(2 ** 128, x));
  const [a, b] = [limit(got), limit(exact)];
  if (a === b) return 0;
  const exponent = Math.max(-126, Math.min(127, Math.floor(Math.log2(Math.abs(b)))));
  return Math.abs(a - b) / 2 ** (exponent - 23);
}

/** The largest error found, and where. */
export interface Accuracy {
  /** In units of the last place. */
  readonly ulp: number;
  /** The operands there. */
  readonly at: readonly number[];
}

/** Measures a compiled function, on blocks of operands, against the primitive of the reference backend in double precision. */
export function measureAccuracy(
  { apply }: Applied,
  primitive: string,
  blocks: Iterable<readonly Float32Array[]>,
): Accuracy {
  const oracle = reference({ precision: 'float64' });
  let worst: Accuracy = { ulp: 0, at: [] };
  for (const operands of blocks) {
    const type: TensorType = { dtype: 'float32', shape: [operands[0]?.length ?? 0] };
    const inputs: BackendInput[] = operands.map((data) => ({
      kind: 'tensor',
      handle: oracle.upload(data, type),
      ...type,
    }));
    const exact = oracle.readSync(oracle.run(primitive, inputs, {}, type), type);
    apply(...operands).forEach((result, i) => {
      const ulp = ulpError(result, exact[i] as number);
      if (ulp > worst.ulp) worst = { ulp, at: operands.map((operand) => operand[i] as number) };
    });
  }
  return worst;
}

/** Every `stride`-th float32 by its bits, in blocks: all signs and sizes, infinities and NaN among them. */
export function* sweep(stride: number): Generator<[Float32Array]> {
  for (let bits = 0; bits < 2 ** 32; ) {
    const words = new Uint32Array(blockLength);
    for (let i = 0; i < blockLength; i++, bits += stride) words[i] = Math.min(bits, 0xffffffff);
    yield [new Float32Array(words.buffer)];
  }
}

/** Pairs of operands for `pow`, in blocks: results of every size, whole and small exponents, bases of both signs. */
export function* pairs(blocks: number): Generator<[Float32Array, Float32Array]> {
  let state = 12345;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
  for (let block = 0; block < blocks; block++) {
    const bases = new Float32Array(blockLength).map(() => 2 ** (uniform() * 276 - 149));
    const ofAnySize = (x: number): number => (uniform() * 300 - 155) / Math.log2(x);
    if (block % 3 === 0) yield [bases, bases.map(ofAnySize)];
    else {
      const mixed = bases.map((x) => (uniform() < 0.5 ? x : uniform() * 20 - 10));
      yield [mixed, mixed.map(() => (block % 3 === 1 ? Math.round(uniform() * 20 - 10) : uniform() * 8 - 4))];
    }
  }
}
