import { logSum } from './log-sum.js';

/** The two values of a unit. */
export type ValuePair = readonly [low: number, high: number];

/** A pair of binary layers as plain numbers: the one that is listed, and the one that is summed out for each of its states. */
export interface BinaryPair {
  /** The two values of each listed unit. */
  readonly listedValues: readonly ValuePair[];
  /** The bias of each listed unit. */
  readonly listedBias: ArrayLike<number>;
  /** The two values of each unit that is summed out. */
  readonly summedValues: readonly ValuePair[];
  /** The bias of each unit that is summed out. */
  readonly summedBias: ArrayLike<number>;
  /** The weight between listed unit `j` and summed unit `i`. */
  readonly weight: (j: number, i: number) => number;
}

/** Exponents up to this size are safe: a product of two factors stays far below the largest double. */
const largestExponent = 300;
/** Once a product is beyond this, its log is taken. */
const largestProduct = 1e150;
/** States between two fresh starts, so that rounding errors of repeated products do not grow: 2^10. */
const blockBits = 10;

/** Whether every exponent that the sum meets is small enough for double precision without shifts. */
export function isModerate({ listedValues, listedBias, summedValues, summedBias, weight }: BinaryPair): boolean {
  const reach = listedValues.map(([low, high]) => Math.max(Math.abs(low), Math.abs(high)));
  for (let i = 0; i < summedBias.length; i++) {
    const [low, high] = summedValues[i] as ValuePair;
    let bound = Math.abs(summedBias[i] as number);
    for (let j = 0; j < listedBias.length; j++) bound += (reach[j] as number) * Math.abs(weight(j, i));
    if (!(Math.abs(high - low) * bound < largestExponent)) return false;
  }
  return true;
}

const at = (numbers: Float64Array, i: number): number => numbers[i] as number;
const lowOf = (pairs: readonly ValuePair[]): Float64Array => Float64Array.from(pairs, ([low]) => low);
const stepOf = (pairs: readonly ValuePair[]): Float64Array => Float64Array.from(pairs, ([low, high]) => high - low);

/**
 * The log of the sum of $`e^{-E}`$ over all joint states of two binary layers, block by block: each `next` adds the states of one
 * block. The states of the listed layer are visited in Gray code order, so that one unit changes at a time; the factor
 * $`e^{x_i}`$ of each summed unit is then updated by one product, and $`\prod_i (1 + e^{x_i})`$ is one product more. No exponential and
 * hardly a logarithm is left in the loop. Exact in double precision; two products and a sum for each state and summed unit.
 *
 * @param pair - Two layers with moderate weights (see `isModerate`).
 * @returns A generator that gives the share done after each block and returns the log of the sum.
 */
export function* grayCodeLogSum(pair: BinaryPair): Generator<number, number> {
  const { listedValues, listedBias, summedValues, summedBias, weight } = pair;
  const [listed, summed] = [listedBias.length, summedBias.length];
  const [lows, steps] = [lowOf(listedValues), stepOf(listedValues)];
  const [floors, spans] = [lowOf(summedValues), stepOf(summedValues)];
  const factors = Array.from({ length: listed }, (_, j) =>
    Float64Array.from({ length: summed }, (_, i) => Math.exp(at(steps, j) * at(spans, i) * weight(j, i))),
  );
  const inverses = factors.map((factor) => factor.map((x) => 1 / x));
  // What is linear in the listed states: their biases, and the lower value of every summed unit times its field.
  const slopes = Float64Array.from({ length: listed }, (_, j) => {
    let slope = listedBias[j] as number;
    for (let i = 0; i < summed; i++) slope += at(floors, i) * weight(j, i);
    return slope;
  });
  let ground = 0;
  for (let i = 0; i < summed; i++) ground += at(floors, i) * (summedBias[i] as number);

  const count = 2 ** listed;
  const block = 2 ** Math.min(blockBits, listed);
  const total = logSum();
  const exponentials = new Float64Array(summed);
  const logs = new Float64Array(block);
  for (let first = 0; first < count; first += block) {
    let code = first ^ (first >>> 1);
    const valueOf = (j: number): number => at(lows, j) + ((code >>> j) & 1 ? at(steps, j) : 0);
    let linear = ground;
    for (let j = 0; j < listed; j++) linear += at(slopes, j) * valueOf(j);
    for (let i = 0; i < summed; i++) {
      let field = summedBias[i] as number;
      for (let j = 0; j < listed; j++) field += weight(j, i) * valueOf(j);
      exponentials[i] = Math.exp(at(spans, i) * field);
    }
    logs[0] = linear + logProduct(exponentials);
    for (let step = 1; step < block; step++) {
      const j = 31 - Math.clz32(step & -step);
      code ^= 1 << j;
      const up = ((code >>> j) & 1) === 1;
      linear += (up ? 1 : -1) * at(steps, j) * at(slopes, j);
      logs[step] = linear + logProductAfter(exponentials, (up ? factors : inverses)[j] as Float64Array);
    }
    total.add(logs);
    yield (first + block) / count;
  }
  return total.value();
}

/** The log of the product of 1 + x. */
function logProduct(x: Float64Array): number {
  let log = 0;
  let product = 1;
  for (let i = 0; i < x.length; i++) {
    product *= 1 + (x[i] as number);
    if (product > largestProduct) {
      log += Math.log(product);
      product = 1;
    }
  }
  return log + Math.log(product);
}

/** Multiplies `x` by `factor` in place, and gives the log of the product of 1 + x. */
function logProductAfter(x: Float64Array, factor: Float64Array): number {
  let log = 0;
  let product = 1;
  for (let i = 0; i < x.length; i++) {
    const next = (x[i] as number) * (factor[i] as number);
    x[i] = next;
    product *= 1 + next;
    if (product > largestProduct) {
      log += Math.log(product);
      product = 1;
    }
  }
  return log + Math.log(product);
}
