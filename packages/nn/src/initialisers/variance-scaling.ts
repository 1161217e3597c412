import { EbmError, type Key, mul, normal, type Shape, sub, type Tensor, uniform } from '@ebmkit/tensor';
import { checkPositive } from '../checks.js';
import { scopedTree } from '../layer.js';
import { fansOf, type Initialiser } from './initialiser.js';
import { truncatedGaussian } from './truncated-gaussian.js';

/** Which law the weights are drawn from. */
export type WeightDistribution = 'uniform' | 'normal' | 'truncatedNormal';

/** The variance of weights and the law that has it. */
export interface VarianceScalingOptions {
  /** The variance is this divided by the fan, above 0; 1 unless given. */
  readonly scale?: number;
  /** Which fan: how many numbers each output sums (`in`), how many outputs each input goes to (`out`), or the mean of both. */
  readonly fan: 'in' | 'out' | 'average';
  /** The law; `truncatedNormal` is cut at two of its own standard deviations, and its variance is as said nonetheless. */
  readonly distribution: WeightDistribution;
}

function draw(distribution: WeightDistribution, deviation: number, key: Key, shape: Shape): Tensor {
  if (distribution === 'truncatedNormal') return truncatedGaussian({ scale: deviation })(key, shape);
  if (distribution === 'normal') return mul(normal(key, shape), deviation);
  return mul(sub(uniform(key, shape), 0.5), 2 * Math.sqrt(3) * deviation);
}

/**
 * Independent weights of mean 0 whose variance is `scale` divided by a fan, which keeps the size of signals (`in`) or of derivatives
 * (`out`) from layer to layer. The named initialisers of Glorot, He and LeCun are all of this kind.
 *
 * @param options - Scale, fan, law.
 * @returns The initialiser, for shapes of at least two axes.
 * @throws EbmError when a setting is outside its range; the initialiser throws ShapeError for fewer than two axes.
 *
 * @example
 * ```ts
 * const weight = varianceScaling({ scale: 2, fan: 'out', distribution: 'truncatedNormal' });
 * const layer = dense({ inputs: 128, outputs: 64, weight });
 * ```
 * @see He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015, https://arxiv.org/abs/1502.01852
 */
export function varianceScaling({ scale = 1, fan, distribution }: VarianceScalingOptions): Initialiser {
  checkPositive('varianceScaling', 'scale', scale);
  if (!['in', 'out', 'average'].includes(fan))
    throw new EbmError('argument', `varianceScaling: fan must be "in", "out" or "average", got ${String(fan)}.`);
  if (!['uniform', 'normal', 'truncatedNormal'].includes(distribution))
    throw new EbmError(
      'argument',
      `varianceScaling: distribution must be "uniform", "normal" or "truncatedNormal", got ${String(distribution)}.`,
    );
  return (key, shape) => {
    const { fanIn, fanOut } = fansOf('varianceScaling', shape);
    const size = { in: fanIn, out: fanOut, average: (fanIn + fanOut) / 2 }[fan];
    return scopedTree(() => draw(distribution, Math.sqrt(scale / size), key, shape));
  };
}

/**
 * Glorot's (Xavier's) uniform weights: variance $`2 / (\text{in} + \text{out})`$. For `tanh`.
 *
 * @see Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010, https://proceedings.mlr.press/v9/glorot10a.html
 */
export const glorotUniform: Initialiser = /* @__PURE__ */ varianceScaling({ fan: 'average', distribution: 'uniform' });

/**
 * Glorot's (Xavier's) normal weights: variance $`2 / (\text{in} + \text{out})`$. For `tanh`.
 *
 * @see Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010, https://proceedings.mlr.press/v9/glorot10a.html
 */
export const glorotNormal: Initialiser = /* @__PURE__ */ varianceScaling({ fan: 'average', distribution: 'normal' });

/**
 * He's (Kaiming's) uniform weights: variance $`2 / \text{in}`$. For `relu` and its kin.
 *
 * @see He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015, https://arxiv.org/abs/1502.01852
 */
export const heUniform: Initialiser = /* @__PURE__ */ varianceScaling({ scale: 2, fan: 'in', distribution: 'uniform' });

/**
 * He's (Kaiming's) normal weights: variance $`2 / \text{in}`$. For `relu` and its kin.
 *
 * @see He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015, https://arxiv.org/abs/1502.01852
 */
export const heNormal: Initialiser = /* @__PURE__ */ varianceScaling({ scale: 2, fan: 'in', distribution: 'normal' });

/**
 * LeCun's uniform weights: variance $`1 / \text{in}`$.
 *
 * @see LeCun, Bottou, Orr and Müller, "Efficient backprop", 1998, https://doi.org/10.1007/3-540-49430-8_2
 */
export const lecunUniform: Initialiser = /* @__PURE__ */ varianceScaling({ fan: 'in', distribution: 'uniform' });

/**
 * LeCun's normal weights: variance $`1 / \text{in}`$. What dense layers and convolutions begin with unless told otherwise.
 *
 * @see LeCun, Bottou, Orr and Müller, "Efficient backprop", 1998, https://doi.org/10.1007/3-540-49430-8_2
 */
export const lecunNormal: Initialiser = /* @__PURE__ */ varianceScaling({ fan: 'in', distribution: 'normal' });
