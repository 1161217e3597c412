import { describe, expect, test } from 'vitest';
import { grad } from './grad.js';
import { type GraphOperand, isVariable, printGraph } from './graph.js';
import * as ops from './index.js';
import { fold, type Key, key, split } from './key.js';
import { memory, scoped } from './scope.js';
import type { Tensor } from './tensor.js';
import { trace } from './trace.js';

const { add, mul, sum, square, zeros, tensor } = ops;
const [x, y] = [zeros([3]), zeros([2, 3])];

describe('graphs', () => {
  test('print one operation a line', () => {
    const weight = tensor([1, 2, 3]);
    const graph = trace((a: Tensor, k: Key) => {
      const [first, second] = split(k, 2);
      const noise = ops.normal(first, [2, 3]);
      return { loss: sum(ops.where(ops.greater(mul(a, weight), 0.5), noise, -0), 1), next: fold(second, 7) };
    })(y, key(1));
    expect(`\n${printGraph(graph)}\n`).toBe(`
inputs a:f32[2,3] b:key
constant f:f32[3]
  c:key = split b {index: 0}
  d:key = split b {index: 1}
  e:f32[2,3] = randomNormal c {shape: [2,3]}
  g:f32[2,3] = mul a f
  h:bool[2,3] = greater g 0.5
  i:f32[2,3] = select h e -0
  j:f32[2] = sum i {axes: [1]}
  k:key = fold d {index: 7}
outputs j k
`);
  });

  test('print keys that were closed over, long names and empty graphs', () => {
    const seed = key(2 ** 32 + 3);
    expect(printGraph(trace(() => ops.uniform(seed, [1]))())).toContain('constant a:key = key(1, 3)');
    expect(printGraph(trace(() => undefined)())).toBe('inputs\noutputs');
    expect(printGraph(trace(() => ops.full([1], Number.NaN))())).toContain(
      '= full {shape: [1], value: NaN, dtype: "float32"}',
    );
    const long = printGraph(trace((a: Tensor) => Array.from({ length: 30 }).reduce((t: Tensor) => ops.sin(t), a))(x));
    expect(long).toContain('aa:f32[3] = sin z');
    expect(long).toContain('outputs ae');
  });

  test('compute nothing, and ask only for shapes', () => {
    const before = memory();
    const graph = trace((a: Tensor) => sum(ops.exp(a)))(x);
    expect(graph.nodes.map(({ primitive }) => primitive.name)).toEqual(['exp', 'sum']);
    expect(memory()).toEqual(before);
  });

  test('uploads while tracing belong to the scope', () => {
    const before = memory();
    scoped(() => printGraph(trace((a: Tensor) => add(a, tensor([1, 2, 3])))(x)));
    expect(memory()).toEqual(before);
  });
});

describe('simplification', () => {
  const namesOf = (f: (a: Tensor, k: Key) => unknown): string[] =>
    trace(f)(x, key(1)).nodes.map(({ primitive }) => primitive.name);

  test('computes equal expressions once', () => {
    expect(namesOf((a) => add(square(ops.exp(a)), square(ops.exp(a))))).toEqual(['exp', 'mul', 'add']);
  });

  test('tells apart what differs in constants, literals, signs of zero and dtype', () => {
    expect(namesOf((a) => [ops.pow(a, 2), ops.pow(a, 3)])).toEqual(['pow', 'pow']);
    expect(namesOf((a) => [mul(a, 0), mul(a, -0)])).toEqual(['mul', 'mul']);
    expect(namesOf(() => [zeros([2]), ops.ones([2]), zeros([2], 'int32'), zeros([2])])).toEqual([
      'full',
      'full',
      'full',
    ]);
    expect(
      namesOf(() => [
        ops.full([2], Number.NaN),
        ops.full([2], Infinity),
        ops.full([2], -Infinity),
        ops.full([2], -0),
        ops.full([2], 0),
      ]),
    ).toHaveLength(5);
    expect(namesOf((a) => [ops.sub(a, 1), ops.sub(1, a)])).toEqual(['sub', 'sub']);
  });

  test('drops what no result needs', () => {
    expect(
      namesOf((a, k) => {
        ops.exp(a);
        ops.normal(split(k)[0], [3]);
        return mul(a, 2);
      }),
    ).toEqual(['mul']);
  });

  test('the same key gives the same draw, shared; different keys and shapes do not', () => {
    expect(namesOf((_, k) => add(ops.normal(k, [3]), ops.normal(k, [3])))).toEqual(['randomNormal', 'add']);
    expect(namesOf((_, k) => [ops.normal(split(k)[0], [3]), ops.normal(split(k)[0], [3])])).toEqual([
      'split',
      'randomNormal',
    ]);
    expect(namesOf((_, k) => [ops.normal(split(k)[0], [3]), ops.normal(split(k)[1], [3])])).toHaveLength(4);
    expect(namesOf((_, k) => [ops.normal(k, [3]), ops.normal(k, [4])])).toHaveLength(2);
  });

  test('keeps stopGradient while the graph may still be differentiated', () => {
    const graph = trace((a: Tensor) => mul(a, ops.stopGradient(a)))(x);
    expect(graph.nodes.map(({ primitive }) => primitive.name)).toEqual(['stopGradient', 'mul']);
  });

  test('every operand is defined before it is used, inputs come first', () => {
    const graph = trace((a: Tensor) => grad((t: Tensor) => sum(ops.logSumExp(ops.matMul(t, ops.transpose(t)), 1)))(a))(
      y,
    );
    const known = new Set([...graph.inputs, ...graph.constants.map(({ variable }) => variable)].map(({ id }) => id));
    const check = (o: GraphOperand): void => {
      if (isVariable(o)) expect(known.has(o.id)).toBe(true);
    };
    for (const { inputs, output } of graph.nodes) {
      inputs.forEach(check);
      expect(known.has(output.id)).toBe(false);
      known.add(output.id);
    }
    graph.outputs.forEach(check);
  });
});
