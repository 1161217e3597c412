import type { Value } from './fuse.js';

/** Operations whose float32 results JavaScript gives to the bit: the double result of each is close enough to round once more. */
const exact: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
};

/**
 * What an elementwise float32 operation comes to without being done: a number for constants, the other factor of a product with 1.
 * The same to the bit as doing it, but for the payload of a NaN.
 *
 * @param op - The primitive.
 * @param operands - Its operands.
 * @returns The value, which may have fewer axes than the result, or undefined when there is something to do.
 */
export function folded(op: string, operands: readonly Value[]): Value | undefined {
  const calculate = exact[op];
  if (!calculate) return undefined;
  const numbers = operands.map((value) => (value.kind === 'literal' ? Math.fround(value.value) : undefined));
  if (numbers.every((number) => number !== undefined)) {
    const [a, b = 0] = numbers as readonly number[] as readonly [number, number?];
    return { kind: 'literal', value: Math.fround(calculate(a, b)), dtype: 'float32' };
  }
  if (op !== 'mul') return undefined;
  const one = numbers.indexOf(1);
  return one < 0 ? undefined : operands[1 - one];
}
