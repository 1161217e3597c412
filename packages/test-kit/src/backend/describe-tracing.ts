import {
  abs,
  add,
  type Backend,
  fold,
  free,
  full,
  jit,
  jitWhile,
  type Key,
  key,
  less,
  mul,
  normal,
  read,
  readSync,
  scoped,
  type Tensor,
  uniform,
  type WhileParts,
  withBackend,
  zeros,
} from '@ebmkit/tensor';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findMismatch } from '../close-to.js';
import { arrayOf, floats, type HostArray, upload } from './host-array.js';
import type { BackendSuiteSettings } from './options.js';
import { type Program, randomProgram, runProgram } from './random-program.js';

interface Outcome {
  readonly values: readonly (readonly number[])[];
  readonly words: readonly number[];
}

type Runner = (inputs: readonly Tensor[], k: Key) => { readonly values: readonly Tensor[]; readonly key: Key };

async function outcomeOf(backend: Backend, run: Runner, arrays: readonly HostArray[], k: Key): Promise<Outcome> {
  const inputs = arrays.map((array) => upload(backend, array));
  const result = withBackend(backend, () => scoped(() => run(inputs, k)));
  const values = await Promise.all(result.values.map(async (x) => Array.from(await read(x))));
  free([result.values, inputs]);
  return { values, words: result.key.words };
}

/** Whether two outcomes are equal to the bit. */
function difference(got: Outcome, want: Outcome): string | undefined {
  const keys = findMismatch(got.words, want.words);
  return keys ? `key: ${keys}` : want.values.map((value, i) => findMismatch(got.values[i] ?? [], value)).find(Boolean);
}

/** Runs a program plainly and jitted, twice with different inputs, and compares. */
async function compareJitted(backend: Backend, program: Program, rounds: readonly (readonly HostArray[])[]) {
  const plain: Runner = (inputs, k) => runProgram(program, inputs, k);
  const compiled = jit(plain);
  try {
    for (const [round, arrays] of rounds.entries()) {
      const want = await outcomeOf(backend, plain, arrays, key(round));
      const found = difference(await outcomeOf(backend, compiled, arrays, key(round)), want);
      if (found) return `round ${round}: ${found}`;
    }
    return undefined;
  } finally {
    compiled.clear();
  }
}

/** Doubles some numbers and adds noise until all have passed a bound; counts the rounds, and hands on what does not change. */
const doubling: WhileParts<[Tensor, Tensor], { x: Tensor; twin: Tensor; bound: Tensor; rounds: Tensor }, Tensor[]> = {
  begin: (k, x, bound) => ({ x, twin: x, bound, rounds: mul(uniform(k, []), 0) }),
  goesOn: ({ x, bound }) => less(abs(x), bound),
  round: (k, { x, bound, rounds }) => {
    const next = add(mul(x, 2), normal(k, x.shape));
    return { x: next, twin: next, bound, rounds: add(rounds, 1) };
  },
  end: ({ x, twin, bound, rounds }) => [x, twin, bound, rounds],
};

/** The same as a loop of plain operations. */
function plainDoubling(k: Key, x: Tensor, bound: Tensor): Tensor[] {
  let carry = doubling.begin(fold(k, 0), x, bound);
  for (let n = 1; readSync(doubling.goesOn(carry)).some(Boolean); n++)
    carry = doubling.round(fold(k, n), carry, x, bound);
  return doubling.end(carry);
}

/** `jit` changes nothing. */
export function describeTracing(lent: () => Backend, settings: BackendSuiteSettings): void {
  const array = arrayOf([3, 4], 'float32', floats(settings, { min: -3, max: 3, special: false }));
  const round = fc.tuple(array, array);
  describe('tracing', () => {
    test(`jit(f) equals f to the bit on ${settings.programs} random programs`, async () => {
      await fc.assert(
        fc.asyncProperty(randomProgram(), fc.tuple(round, round), async (program, rounds) => {
          expect(await compareJitted(lent(), program, rounds)).toBeUndefined();
        }),
        { numRuns: settings.programs, seed: settings.seed },
      );
    });

    test.runIf(settings.synchronousReads)(
      'jitWhile equals a plain loop to the bit, and clear gives its memory back',
      () => {
        const before = lent().memory();
        withBackend(lent(), () =>
          scoped<void>(() => {
            const loop = jitWhile(doubling);
            const lengths = new Set<number>();
            for (let call = 0; call < 12; call++) {
              const x = normal(fold(key(1), call), [3]);
              const bound = full([], 2 ** (call % 5) - 1);
              const [got, want] = [loop(key(call), x, bound), plainDoubling(key(call), x, bound)];
              expect(got.map((t) => Array.from(readSync(t)))).toEqual(want.map((t) => Array.from(readSync(t))));
              lengths.add(readSync(got[3] as Tensor)[0] as number);
            }
            expect(lengths.has(0)).toBe(true);
            expect(lengths.size).toBeGreaterThan(3);
            expect(loop(key(1), zeros([5]), full([], 3))[0]?.shape).toEqual([5]);
            loop.clear();
          }),
        );
        expect(lent().memory()).toEqual(before);
      },
    );
  });
}
