import { type Backend, free, jit, type Key, key, read, scoped, type Tensor, withBackend } from '@ebmkit/tensor';
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
  });
}
