import { type Backend, primitiveNames } from '@ebmkit/tensor';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { compositeDerivativeCases } from './composite-cases.js';
import { flatPrimitives, primitiveDerivativeCases } from './derivative-cases.js';
import { compareDerivatives } from './derivatives.js';
import { describeMemory } from './describe-memory.js';
import { describeTracing } from './describe-tracing.js';
import { describeTransfers } from './describe-transfers.js';
import { type BackendSuiteOptions, type BackendSuiteSettings, settingsOf } from './options.js';
import { primitiveCases } from './primitive-cases.js';
import { compareWithOracle } from './sample.js';
import type { SmoothSamples } from './smooth-samples.js';
import { specialTraps, traps } from './traps.js';

/** The backend under test, once it is made. */
type Lent = () => Backend;

function describePrimitives(lent: Lent, settings: BackendSuiteSettings): void {
  describe('primitives equal the reference backend in double precision', () => {
    test.each(primitiveNames.map((name) => [name]))('%s', async (name) => {
      const primitive = primitiveCases[name];
      expect(primitive, `test-kit has no case for the primitive ${name}`).toBeDefined();
      if (!primitive) return;
      expect(lent().implements(name), `the backend must implement ${name}`).toBe(true);
      const tolerance = settings.tolerances[name] ?? primitive.tolerance ?? settings.tolerance;
      await fc.assert(
        fc.asyncProperty(primitive.samples(settings), async (sample) => {
          expect(await compareWithOracle(lent(), sample, tolerance)).toBeUndefined();
        }),
        { numRuns: settings.runs, seed: settings.seed },
      );
    });
  });
}

function describeDerivatives(lent: Lent, settings: BackendSuiteSettings): void {
  const check = async (samples: SmoothSamples): Promise<void> => {
    const { precision } = lent();
    const tolerance = precision === 'float64' ? { first: 1e-9, second: 1e-9 } : settings.derivatives;
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        expect(await compareDerivatives(lent(), sample, tolerance)).toBeUndefined();
      }),
      { numRuns: Math.ceil(settings.runs / 3), seed: settings.seed },
    );
  };
  describe('first and second derivatives equal central differences', () => {
    const differentiable = primitiveNames.filter((name) => !flatPrimitives.includes(name));
    test.each(differentiable.map((name) => [name]))('%s', async (name) => {
      const samples = primitiveDerivativeCases[name];
      expect(samples, `test-kit has no derivative case for the primitive ${name}`).toBeDefined();
      if (samples) await check(samples);
    });
    test.each(Object.entries(compositeDerivativeCases))('%s', (_, samples) => check(samples));
  });
}

function describeTraps(lent: Lent, settings: BackendSuiteSettings): void {
  const special = settings.specialValues.some(Number.isNaN) ? specialTraps : [];
  const tolerance = { relative: Math.max(2e-5, settings.tolerance.relative), absolute: 1e-7 };
  describe('cases that backends have got wrong', () => {
    test.each([...traps, ...special].map((trap) => [trap.name, trap] as const))('%s', async (_, trap) => {
      expect(await compareWithOracle(lent(), trap, tolerance)).toBeUndefined();
    });
  });
}

/**
 * The conformance suite: a backend that passes it is a backend. It compares every primitive and every derivative with the
 * reference backend in double precision on random shapes and values, tries what backends are known to get wrong, runs
 * random programs with and without `jit`, and looks for leaks.
 *
 * @param name - The backend's name, for the report.
 * @param make - Makes the backend.
 * @param options - What the backend promises.
 *
 * @example
 * ```ts
 * describeBackend('tfjs-wasm', () => tfjs('wasm'));
 * ```
 */
export function describeBackend(name: string, make: () => Promise<Backend>, options: BackendSuiteOptions = {}): void {
  const settings = settingsOf(options);
  describe(`backend ${name}`, () => {
    let backend: Backend | undefined;
    const lent: Lent = () => backend as Backend;
    beforeAll(async () => {
      backend = await make();
    });
    describePrimitives(lent, settings);
    describeTraps(lent, settings);
    describeTransfers(lent, settings);
    describeDerivatives(lent, settings);
    describeTracing(lent, settings);
    describeMemory(lent, settings);
  });
}
