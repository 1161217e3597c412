import { bitsOf, fillGamma, fillNormal, fillUniform, type TensorType, threefry } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import type { FunctionReference } from '../assembler/function-builder.js';
import { type ModuleBuilder, makeModuleBuilder } from '../assembler/module-builder.js';
import { makeHeap, padding } from '../machine/heap.js';
import { instantiate } from '../machine/instantiate.js';
import { allowRelaxed } from '../math/measure-accuracy.js';
import { drawRules } from './draws.js';
import type { Phase } from './step-kernel.js';
import { threefryFunction } from './threefry.js';

type Words = readonly [number, number];

const key: Words = [0xdeadbeef, 42];
const counts = [1, 7, 8, 4095, 4096, 4097, 20000];
const canary = 0x5eed5eed;

/** Exports a kernel's function under a name. */
function exported(module: ModuleBuilder, target: FunctionReference): void {
  module.function(target.parameters, undefined, (f) => f.callVoid(target, f.parameters), 'run');
}

/** Runs a draw over ranges of units that end at the given fractions of them, the last range first. */
function draw(
  name: string,
  count: number,
  {
    shapes,
    relaxed = false,
    splits = [],
  }: { shapes?: Float32Array; relaxed?: boolean; splits?: readonly number[] } = {},
): Int32Array {
  const heap = makeHeap(false, 2 ** 26);
  const module = makeModuleBuilder(heap.pool, { relaxed }, heap.limits);
  const output: TensorType = { dtype: name === 'randomBits' ? 'int32' : 'float32', shape: [count] };
  const inputs = shapes ? [undefined, { dtype: 'float32', shape: [shapes.length] } as const] : [undefined];
  const { phases } = drawRules[name]?.(inputs, {}, output) ?? { phases: [] };
  const [phase, ...others] = phases as [Phase];
  expect(others).toEqual([]);
  exported(module, phase.write(module));
  const keyAddress = heap.allocate(8);
  const shapesAddress = heap.allocate(4 * (shapes?.length ?? 0));
  const out = heap.allocate(4 * count);
  heap.words().set(key, keyAddress / 4);
  if (shapes) new Float32Array(heap.memory.buffer).set(shapes, shapesAddress / 4);
  heap.words().fill(canary, out / 4, out / 4 + count + padding / 4 + 1);
  const { run } = instantiate(module, heap);
  const ends = [0, ...splits.map((s) => Math.floor(s * phase.units)), phase.units];
  for (let i = ends.length - 2; i >= 0; i--)
    run?.(ends[i] as number, ends[i + 1] as number, keyAddress, ...(shapes ? [shapesAddress] : []), out, 0);
  expect(heap.words()[out / 4 + count + padding / 4]).toBe(canary);
  return heap.words().slice(out / 4, out / 4 + count);
}

const floats = (words: Int32Array): Float32Array => new Float32Array(words.buffer);

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

describe('threefryFunction', () => {
  const heap = makeHeap(false, 2 ** 26);
  const module = makeModuleBuilder(heap.pool, { relaxed: false }, heap.limits);
  exported(module, threefryFunction(module));
  const { run } = instantiate(module, heap);
  const at = heap.allocate(16);

  test.each<[string, Words, Words, Words]>([
    ['zeros', [0, 0], [0, 0], [0x6b200159, 0x99ba4efe]],
    ['ones', [0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x1cb996fc, 0xbb002be7]],
    ['the digits of pi', [0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3], [0xc4923a9c, 0x483df7a0]],
    ['the second child', [3, 4], [1, 0xfeed], threefry([3, 4], 1, 0xfeed)],
  ])('gives the known answer for %s', (_, words, counter, answer) => {
    heap.words().set(words, at / 4);
    run?.(at, ...counter, at + 8);
    expect(Array.from(heap.words().slice(at / 4 + 2, at / 4 + 4), (w) => w >>> 0)).toEqual(answer);
  });

  test('is made once in a module', () => {
    expect(threefryFunction(module)).toBe(threefryFunction(module));
  });
});

describe.each(counts)('%d values', (count) => {
  test('the bits are those of bitsOf', () => {
    expect(draw('randomBits', count)).toEqual(bitsOf(key, count));
  });

  test('the uniforms are those of fillUniform', () => {
    const expected = new Float32Array(count);
    fillUniform(key, expected);
    expect(floats(draw('randomUniform', count))).toEqual(expected);
  });

  test.each(allowRelaxed() ? [false, true] : [false])(
    'the normals are those of fillNormal (relaxed: %s)',
    (relaxed) => {
      const expected = new Float64Array(count);
      fillNormal(key, expected);
      expect(largestDifference(floats(draw('randomNormal', count, { relaxed })), expected)).toBeLessThan(1e-6);
    },
  );
});

describe('any ranges of units', () => {
  test.each(['randomBits', 'randomUniform', 'randomNormal'])('give the same bits: %s', (name) => {
    const whole = draw(name, 50_001);
    for (const splits of [[0.5], [0.1, 0.2, 0.9], [0, 1]]) expect(draw(name, 50_001, { splits })).toEqual(whole);
  });

  test('give the same bits: randomGamma', () => {
    const shapes = Float32Array.of(1.5);
    expect(draw('randomGamma', 1001, { shapes, splits: [0.3, 0.4] })).toEqual(draw('randomGamma', 1001, { shapes }));
  });
});

describe('randomNormal', () => {
  test('has the largest and the smallest radius right', () => {
    const values = floats(draw('randomNormal', 1 << 20));
    const expected = new Float64Array(1 << 20);
    fillNormal(key, expected);
    expect(largestDifference(values, expected)).toBeLessThan(1e-6);
    expect(Math.max(...values.slice(0, 65536))).toBeLessThan(5.77);
  });
});

describe('randomGamma', () => {
  test('equals fillGamma for one shape', () => {
    for (const shape of [1e-3, 0.05, 0.5, 1, 1.5, 10, 1e4]) {
      const expected = new Float32Array(3000);
      fillGamma(key, new Float32Array(3000).fill(shape), expected);
      const got = floats(draw('randomGamma', 3000, { shapes: Float32Array.of(shape) }));
      expect(largestDifference(got.map(Math.fround), expected) / shape).toBeLessThan(1e-5);
      expect(got.filter((v, i) => Math.abs(v - (expected[i] as number)) > 2e-7 * Math.abs(v)).length).toBe(0);
    }
  });

  test('equals fillGamma for a shape of each element, NaN where it is not positive', () => {
    const shapes = Float32Array.from(
      { length: 500 },
      (_, i) => (i % 50 === 0 ? [0, -1, Number.NaN][i % 3] : i / 40) as number,
    );
    const expected = new Float32Array(500);
    fillGamma(key, shapes, expected);
    const got = floats(draw('randomGamma', 500, { shapes }));
    expect(Array.from(got, Number.isNaN)).toEqual(Array.from(expected, Number.isNaN));
    expect(Array.from(got, Number.isNaN).filter(Boolean).length).toBe(10);
    expect(got.filter((v, i) => Math.abs(v - (expected[i] as number)) > 2e-7 * Math.abs(v)).length).toBe(0);
  });

  test('an infinite shape ends', () => {
    expect(floats(draw('randomGamma', 1, { shapes: Float32Array.of(Number.POSITIVE_INFINITY) }))[0]).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});
