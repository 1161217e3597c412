import type { TensorType } from '../dtype.js';
import { EbmError, ShapeError } from '../errors.js';
import { apply, beside } from '../interpreter.js';
import { checkKey, type Key, split } from '../key.js';
import type { Primitive, TensorLike } from '../primitive.js';
import { broadcastShapes, checkShape, type Shape, sameShape, showShape } from '../shape.js';
import { isTensor, type Tensor } from '../tensor.js';
import { add, div, less, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { clip } from './composites.js';
import { erf, erfinv, log, log1p, neg } from './elementwise.js';
import { argSort } from './indexing.js';
import { broadcastTo } from './manipulation.js';
import { checkTensor } from './operands.js';
import { argMax } from './reduction.js';

const drawing = (name: string, dtype: TensorType['dtype']): Primitive<{ readonly shape: Shape }> => ({
  name,
  infer: (_, { shape }) => ({ shape, dtype }),
});

const bitsPrimitive = /* @__PURE__ */ drawing('randomBits', 'int32');
const uniformPrimitive = /* @__PURE__ */ drawing('randomUniform', 'float32');
const normalPrimitive = /* @__PURE__ */ drawing('randomNormal', 'float32');

function draw(where: string, primitive: Primitive<{ readonly shape: Shape }>, key: Key, shape: Shape): Tensor {
  checkKey(where, key);
  checkShape(where, shape);
  return apply(primitive, [key], { shape: [...shape] });
}

/** Throws unless a parameter broadcasts to the shape of the draws, so that no two draws share their randomness. */
function checkParameter(where: string, name: string, parameter: TensorLike, shape: Shape): void {
  if (isTensor(parameter) && !sameShape(broadcastShapes(where, parameter.shape, shape), shape))
    throw new ShapeError(
      `${where}: ${name} ${showShape(parameter.shape)} must broadcast to ${showShape(shape)}. Give the shape of all draws.`,
    );
}

/** Runs a draw on the backend of its parameters. */
function besideParameters(parameters: readonly TensorLike[], f: () => Tensor): Tensor {
  return beside(parameters.filter(isTensor), f);
}

/** Uniform random 32-bit words, as int32. Equal to the bit on every backend. */
export function randomBits(key: Key, shape: Shape): Tensor {
  return draw('randomBits', bitsPrimitive, key, shape);
}

/**
 * Uniform draws on [0, 1): multiples of 2⁻²⁴. Equal to the bit on every backend.
 *
 * @param key - A key, used once.
 * @param shape - Shape of the result.
 */
export function uniform(key: Key, shape: Shape): Tensor {
  return draw('uniform', uniformPrimitive, key, shape);
}

/**
 * Standard normal draws, by Box and Muller from the key's bits; none exceeds 5.77 in size. Equal on all backends to a few ulp.
 *
 * @param key - A key, used once.
 * @param shape - Shape of the result.
 */
export function normal(key: Key, shape: Shape): Tensor {
  return draw('normal', normalPrimitive, key, shape);
}

/**
 * Draws true with given probabilities and false otherwise: `uniform(key) < p`.
 *
 * @param key - A key, used once.
 * @param p - Probabilities; below 0 never and above 1 always gives true, NaN gives false.
 * @param shape - Shape of the result; that of `p` unless given.
 * @returns A bool tensor.
 * @throws ShapeError when `p` does not broadcast to `shape`.
 */
export function bernoulli(key: Key, p: TensorLike, shape: Shape = isTensor(p) ? p.shape : []): Tensor {
  checkKey('bernoulli', key);
  checkShape('bernoulli', shape);
  checkParameter('bernoulli', 'p', p, shape);
  return besideParameters([p], () => less(uniform(key, shape), p));
}

/** Draws of −1 and 1 with equal probability, as float32. */
export function rademacher(key: Key, shape: Shape): Tensor {
  return sub(mul(cast(less(uniform(key, shape), 0.5), 'float32'), 2), 1);
}

/** Exponential draws of unit rate: $`-\log(1 - u)`$. */
export function exponential(key: Key, shape: Shape): Tensor {
  return neg(log1p(neg(uniform(key, shape))));
}

/** Standard Gumbel draws, $`-\log(-\log u)`$ with $`u`$ in (0, 1). */
export function gumbel(key: Key, shape: Shape): Tensor {
  const u = add(mul(uniform(key, shape), 1 - 2 ** -23), 2 ** -25);
  return neg(log(neg(log(u))));
}

/**
 * Draws indices with probabilities proportional to $`e^{logits}`$, by the Gumbel-max trick.
 *
 * @param key - A key, used once.
 * @param logits - Shape `[..., classes]`; −Infinity rules a class out.
 * @returns int32 of shape `[...]`.
 */
export function categorical(key: Key, logits: Tensor): Tensor {
  checkTensor('categorical', logits);
  if (logits.shape.length === 0)
    throw new ShapeError('categorical: expected logits of shape [..., classes], got a scalar.');
  return beside([logits], () => argMax(add(logits, gumbel(key, logits.shape)), -1));
}

/** A uniformly random order of the numbers 0 … `length` − 1, as int32. */
export function permutation(key: Key, length: number): Tensor {
  return argSort(randomBits(key, [length]));
}

/** The float32 number before 1: what keeps `erfinv` finite. */
const largestLevel = 1 - 2 ** -24;

/**
 * Standard normal draws conditioned to lie in an interval, by inverting the distribution function. Exact up to float32:
 * for intervals that begin beyond 4 standard deviations the inverse loses digits, and beyond 5.4 every draw is the end
 * nearest to 0.
 *
 * @param key - A key, used once.
 * @param low - Lower end; may be −Infinity.
 * @param high - Upper end; may be Infinity.
 * @param shape - Shape of the result; that of the ends unless given.
 * @throws EbmError when both ends are numbers and `low` is not below `high`; ShapeError when an end does not broadcast to `shape`.
 */
export function truncatedNormal(key: Key, low: TensorLike, high: TensorLike, shape?: Shape): Tensor {
  const ends = broadcastShapes('truncatedNormal', isTensor(low) ? low.shape : [], isTensor(high) ? high.shape : []);
  if (typeof low === 'number' && typeof high === 'number' && !(low < high))
    throw new EbmError('argument', `truncatedNormal: low must be below high, got ${low} and ${high}.`);
  const drawn = shape ?? ends;
  checkKey('truncatedNormal', key);
  checkShape('truncatedNormal', drawn);
  checkParameter('truncatedNormal', 'low', low, drawn);
  checkParameter('truncatedNormal', 'high', high, drawn);
  return besideParameters([low, high], () => {
    const [a, b] = [erf(div(low, Math.SQRT2)), erf(div(high, Math.SQRT2))];
    const level = add(a, mul(sub(b, a), uniform(key, drawn)));
    return clip(mul(erfinv(clip(level, -largestLevel, largestLevel)), Math.SQRT2), low, high);
  });
}

const gammaPrimitive: Primitive<{ readonly shape: Shape }> = {
  name: 'randomGamma',
  infer: (_, { shape }) => ({ shape, dtype: 'float32' }),
};

/**
 * Gamma draws of unit rate, by Marsaglia and Tsang. They cannot be differentiated with respect to the shape parameter.
 *
 * @param key - A key, used once.
 * @param alpha - The shape parameter, above 0 (NaN comes out elsewhere).
 * @param shape - Shape of the result; that of `alpha` unless given.
 * @throws EbmError when `alpha` is a number that is not above 0; ShapeError when it does not broadcast to `shape`.
 * @see https://doi.org/10.1145/358407.358414
 */
export function gamma(key: Key, alpha: TensorLike, shape: Shape = isTensor(alpha) ? alpha.shape : []): Tensor {
  checkKey('gamma', key);
  checkShape('gamma', shape);
  if (typeof alpha === 'number' && !(alpha > 0))
    throw new EbmError('argument', `gamma: alpha must be above 0, got ${alpha}.`);
  checkParameter('gamma', 'alpha', alpha, shape);
  const spread = isTensor(alpha)
    ? broadcastTo(cast(alpha, 'float32'), shape)
    : { literal: alpha, dtype: 'float32' as const };
  return apply(gammaPrimitive, [key, spread], { shape: [...shape] });
}

/** Beta draws, $`g_a / (g_a + g_b)`$ of two gammas. */
export function beta(key: Key, a: TensorLike, b: TensorLike, shape?: Shape): Tensor {
  const size = shape ?? broadcastShapes('beta', isTensor(a) ? a.shape : [], isTensor(b) ? b.shape : []);
  const [first, second] = split(key, 2);
  return besideParameters([a, b], () => {
    const x = gamma(first, a, size);
    return div(x, add(x, gamma(second, b, size)));
  });
}
