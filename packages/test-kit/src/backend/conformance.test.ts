import {
  activeBackend,
  type Backend,
  cast,
  primitiveNames,
  reference,
  reshape,
  type Tensor,
  trace,
  zeros,
} from '@ebmkit/tensor';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flatPrimitives, primitiveDerivativeCases } from './derivative-cases.js';
import { compareDerivatives } from './derivatives.js';
import { countAlive, drive } from './memory.js';
import { settingsOf } from './options.js';
import { primitiveCases } from './primitive-cases.js';
import { operationCount, randomProgram } from './random-program.js';
import { compareWithOracle, oracle, type Sample } from './sample.js';
import { traps } from './traps.js';

const settings = settingsOf({});
const seed = 1;

type Values = Float32Array | Int32Array | Uint8Array;

/** A reference backend on which the numbers that one primitive gives are changed. */
function broken(primitive: string, change: (values: Values, inputs: Parameters<Backend['run']>[1]) => void): Backend {
  const sound = reference();
  return {
    ...sound,
    name: `broken ${primitive}`,
    run: (name, inputs, attributes, output) => {
      const handle = sound.run(name, inputs, attributes, output);
      if (name === primitive) change(handle as Values, inputs);
      return handle;
    },
  };
}

/** Changes every value. */
function everywhere(f: (x: number) => number): (values: Values) => void {
  return (values) => values.set(values.map(f));
}

/** How many of the samples that the suite would try show a fault. */
async function countFaults(backend: Backend, name: string): Promise<number> {
  const { samples, tolerance } = primitiveCases[name] as (typeof primitiveCases)[string];
  let faults = 0;
  for (const sample of fc.sample(samples(settings), { numRuns: settings.runs, seed }))
    if (await compareWithOracle(backend, sample, tolerance ?? settings.tolerance)) faults++;
  return faults;
}

describe('the cases cover the primitives', () => {
  test('every primitive has a case, and a derivative case unless it is flat', () => {
    expect(Object.keys(primitiveCases).sort()).toEqual([...primitiveNames]);
    expect([...Object.keys(primitiveDerivativeCases), ...flatPrimitives].sort()).toEqual([...primitiveNames]);
  });

  const primitivesOf = ({ inputs, compute }: Sample): string[] =>
    trace((...xs: Tensor[]) => compute(xs))(...inputs.map(({ shape, dtype }) => zeros(shape, dtype))).nodes.map(
      ({ primitive }) => primitive.name,
    );

  test.each(primitiveNames.map((name) => [name]))('the case of %s runs that primitive', (name) => {
    const { samples } = primitiveCases[name] as (typeof primitiveCases)[string];
    const graphs = fc.sample(samples(settings), { numRuns: settings.runs, seed }).map(primitivesOf);
    expect(graphs.filter((names) => names.includes(name)).length).toBeGreaterThan(settings.runs / 3);
  });

  test.each(Object.keys(primitiveDerivativeCases).map((name) => [name]))(
    'the derivative case of %s runs that primitive',
    (name) => {
      const samples = primitiveDerivativeCases[name] as fc.Arbitrary<Sample>;
      const graphs = fc.sample(samples, { numRuns: settings.runs / 3, seed }).map(primitivesOf);
      expect(graphs.filter((names) => names.includes(name)).length).toBeGreaterThan(2);
    },
  );

  test('random programs use every operation', () => {
    const programs = fc.sample(randomProgram(), { numRuns: settings.programs, seed });
    expect(new Set(programs.flatMap((program) => program.map(({ operation }) => operation))).size).toBe(operationCount);
  });
});

describe('a backend with one fault is caught', () => {
  test.each(primitiveNames.map((name) => [name]))('%s off in its last value', async (name) => {
    const backend = broken(name, (values) => {
      const last = values.length - 1;
      if (last >= 0)
        values[last] =
          values instanceof Float32Array ? (values[last] as number) * 1.001 + 0.001 : 1 - (values[last] as number);
    });
    expect(await countFaults(backend, name)).toBeGreaterThan(0);
    expect(await countFaults(reference(), name)).toBe(0);
  });

  test('a relative error of 1e-5 in exp', async () => {
    const backend = broken(
      'exp',
      everywhere((x) => x * (1 + 1e-5)),
    );
    expect(await countFaults(backend, 'exp')).toBeGreaterThan(0);
  });

  test('sums of nothing that are not 0', async () => {
    const backend = broken('sum', (values, [x]) => {
      if (x?.kind === 'tensor' && x.shape.includes(0)) values.fill(3e-5);
    });
    expect(await countFaults(backend, 'sum')).toBeGreaterThan(0);
  });

  test('products with an inner dimension above 48 that add something twice', async () => {
    const backend = broken('matMul', (values, [a]) => {
      if (a?.kind === 'tensor' && a.shape.some((n) => n > 48)) everywhere((x) => x + 0.1)(values);
    });
    expect(await countFaults(backend, 'matMul')).toBeGreaterThan(0);
    const faults = await Promise.all(traps.map((trap) => compareWithOracle(backend, trap, settings.tolerance)));
    expect(faults.filter(Boolean).length).toBeGreaterThan(8);
  });

  test('NaN that is patched', async () => {
    const backend = broken(
      'maximum',
      everywhere((x) => (Number.isNaN(x) ? 0 : x)),
    );
    expect(await countFaults(backend, 'maximum')).toBeGreaterThan(0);
  });

  test('a result of the wrong type, and a missing one', async () => {
    const [input] = [{ shape: [2], dtype: 'float32', values: [1, 2] } as const];
    const onOracleOnly = (mine: (x: Tensor) => unknown): Sample => ({
      inputs: [input],
      compute: ([x]) => (activeBackend() === oracle ? x : mine(x as Tensor)),
    });
    const compare = (mine: (x: Tensor) => unknown) =>
      compareWithOracle(reference(), onOracleOnly(mine), settings.tolerance);
    expect(await compare((x) => x)).toBeUndefined();
    expect(await compare((x) => cast(x, 'int32'))).toMatch('expected float32[2], got int32[2]');
    expect(await compare((x) => reshape(x, [2, 1]))).toMatch('expected float32[2], got float32[2, 1]');
    expect(await compare(() => [])).toBe('expected 1 results, got 0');
  });

  test('a derivative that is off by a thousandth', async () => {
    const backend = broken(
      'cos',
      everywhere((x) => x * 1.001),
    );
    const found: (string | undefined)[] = [];
    for (const sample of fc.sample(primitiveDerivativeCases.sin as fc.Arbitrary<never>, { numRuns: 10, seed }))
      found.push(await compareDerivatives(backend, sample, settings.derivatives));
    expect(found.filter((text) => text?.startsWith('gradient:')).length).toBeGreaterThan(0);
  });

  test('a handle that is never freed', () => {
    const backend = reference();
    const before = countAlive(backend);
    const handle = backend.upload(new Float32Array(2), { shape: [2], dtype: 'float32' });
    expect(countAlive(backend)).toEqual({ ...before, handles: before.handles + 1 });
    backend.free(handle);
    expect(countAlive(backend)).toEqual(before);
    expect(() => drive('no such step', 1)).toThrow();
  });
});
