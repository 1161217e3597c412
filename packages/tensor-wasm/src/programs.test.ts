import {
  type Backend,
  free,
  jit,
  key,
  readSync,
  reference,
  scoped,
  type Tensor,
  tensor,
  withBackend,
} from '@ebmkit/tensor';
import { findMismatch } from '@ebmkit/test-kit';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { applyInstance, keyOf, operations, type Program, runProgram } from '../fixtures/random-program.js';
import { wasm } from './wasm.js';

const programs = Number(process.env['EBMKIT_PROGRAMS'] ?? 10_000);

const instruction = fc.tuple(fc.nat(operations.length - 1), fc.nat(30), fc.nat(30), fc.nat(30));
const program: fc.Arbitrary<Program> = fc.array(instruction, { minLength: 1, maxLength: 12, size: 'max' });
const shape = fc.constantFrom(
  [7],
  [1],
  [3, 2],
  [5, 4],
  [4, 8],
  [6, 3, 2],
  [2, 3, 17],
  [40],
  [2, 1, 3],
  [9, 12],
  [3, 3],
  [21, 5],
);
const start = fc.tuple(shape, shape, fc.nat(1000));

interface Numbers {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly dtype: Tensor['dtype'];
}

function inputsOf([first, second, seed]: readonly [readonly number[], readonly number[], number]): Tensor[] {
  const values = (size: number, salt: number): number[] =>
    Array.from({ length: size }, (_, i) => Math.round(8 * Math.sin(seed + salt + i * 1.7)) / 4);
  const size = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);
  return [
    tensor(values(size(first), 0), [...first]),
    tensor(values(size(second), 3), [...second], 'int32'),
    tensor(
      values(size(first), 5).map((x) => x > 0),
      [...first],
    ),
  ];
}

const numbersOf = (x: Tensor): Numbers => ({ data: readSync(x), shape: x.shape, dtype: x.dtype });

/** Runs a program compiled, with every value as a result and with the last ones alone. */
function compiled(backend: Backend, code: Program, given: Parameters<typeof inputsOf>[0]) {
  return withBackend(backend, () => {
    const inputs = inputsOf(given);
    const k = key(given[2]);
    const whole = jit((x: readonly Tensor[], seed: typeof k) => runProgram(code, x, seed).values);
    const end = jit((x: readonly Tensor[], seed: typeof k) => runProgram(code, x, seed).values.slice(-2));
    const [all, last] = [whole(inputs, k), end(inputs, k)];
    const result = { all: all.map(numbersOf), last: last.map(numbersOf) };
    whole.clear();
    end.clear();
    free([inputs, all, last]);
    return result;
  });
}

/** Sums and products of numbers near their end may lose digits: the error counts against the largest value of the result. */
const tolerance = { relative: 2e-5, absolute: 1e-6 };

/** Checks each instruction by itself, applied to the values that the compiled program had. */
function check(
  oracle: Backend,
  code: Program,
  given: Parameters<typeof inputsOf>[0],
  all: readonly Numbers[],
): string | undefined {
  return withBackend(oracle, () =>
    scoped(() => {
      const { instances } = runProgram(code, inputsOf(given), key(given[2]));
      const values = all.map(({ data, shape: lengths, dtype }) => tensor(Array.from(data), [...lengths], dtype));
      const offset = all.length - instances.length;
      for (const [i, instance] of instances.entries()) {
        const want = numbersOf(applyInstance(instance, values, keyOf(key(given[2]), i)));
        const got = all[offset + i] as Numbers;
        if (got.dtype !== want.dtype || got.shape.join() !== want.shape.join())
          return `instruction ${i}: expected ${want.dtype}[${want.shape.join()}], got ${got.dtype}[${got.shape.join()}]`;
        const size = Array.from(want.data, Math.abs).filter(Number.isFinite);
        const scale = new Array<number>(want.data.length).fill(Math.max(1, ...size));
        const found =
          want.dtype === 'float32'
            ? findMismatch(got.data, want.data, tolerance, scale)
            : findMismatch(got.data, want.data);
        if (found) return `instruction ${i}, ${String(instance.operation)}: ${found}`;
      }
      return undefined;
    }),
  );
}

describe('random graphs', () => {
  const made: { backend?: Backend } = {};
  beforeAll(async () => {
    made.backend = await wasm();
  });

  test(`compiled, ${programs} of them equal the reference backend, instruction by instruction`, {
    timeout: 600_000,
  }, () => {
    const backend = made.backend as Backend;
    const oracle = reference();
    const before = backend.memory();
    fc.assert(
      fc.property(program, start, (code, given) => {
        const { all, last } = compiled(backend, code, given);
        expect(check(oracle, code, given, all)).toBeUndefined();
        for (const [i, value] of last.entries())
          expect(findMismatch(value.data, (all.at(i - last.length) as Numbers).data)).toBeUndefined();
      }),
      { numRuns: programs, seed: 1 },
    );
    expect(backend.memory()).toEqual(before);
  });
});
