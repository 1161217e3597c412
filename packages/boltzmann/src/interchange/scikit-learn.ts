import type { Plain, PlainTensor } from '@ebmkit/tensor';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import {
  checkedReal,
  checkSizes,
  matrixOf,
  type PlainMatrix,
  type PlainVector,
  transposed,
  vectorOf,
} from './plain-arrays.js';

/** The parameters of scikit-learn's `BernoulliRBM`, as plain numbers. */
export interface ScikitLearnRbm {
  /** `components_`, `[hidden, visible]`. */
  readonly components: PlainMatrix;
  /** `intercept_visible_`, `[visible]`. */
  readonly interceptVisible: PlainVector;
  /** `intercept_hidden_`, `[hidden]`. */
  readonly interceptHidden: PlainVector;
}

/**
 * The parameters of a machine that scikit-learn's `BernoulliRBM` has fitted, for `rbm` with Bernoulli units in both layers. The model is the same;
 * its `_free_energy` and `transform` are `freeEnergy` and `hiddenMean`. Numbers are copied, in the precision they come in.
 *
 * @param fitted - The three fitted arrays: nested arrays from JSON, or tensors of a file.
 * @returns Plain parameters: `fromPlain` makes tensors of them.
 * @throws ShapeError when the arrays do not fit each other.
 *
 * @example
 * ```ts
 * // In Python: json.dump({"components": r.components_.tolist(), "interceptVisible": …, "interceptHidden": …}, file)
 * const params = fromPlain(fromScikitLearn(JSON.parse(text)));
 * const features = rbm({ visible: bernoulli(784), hidden: bernoulli(100) }).hiddenMean(params, images);
 * ```
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.neural_network.BernoulliRBM.html
 */
export function fromScikitLearn(fitted: ScikitLearnRbm): Plain<RbmParameters> {
  const where = 'fromScikitLearn';
  const weight = transposed(matrixOf(where, 'components', fitted.components));
  const visibleBias = vectorOf(where, 'interceptVisible', fitted.interceptVisible);
  const hiddenBias = vectorOf(where, 'interceptHidden', fitted.interceptHidden);
  checkSizes(where, 'components [hidden, visible]', weight, { visible: visibleBias, hidden: hiddenBias });
  return { weight, visibleBias, hiddenBias };
}

/**
 * The parameters of a machine of Bernoulli units as scikit-learn's `BernoulliRBM` holds them: the inverse of `fromScikitLearn`.
 *
 * @param params - Plain parameters: those of a `FitResult`, or from `toPlain`.
 * @returns What to set `components_` `[hidden, visible]`, `intercept_visible_` and `intercept_hidden_` to.
 * @throws ShapeError when the arrays do not fit each other.
 *
 * @example
 * ```ts
 * const { components, interceptVisible, interceptHidden } = toScikitLearn(result.params);
 * ```
 */
export function toScikitLearn(params: Plain<RbmParameters>): Readonly<Record<keyof ScikitLearnRbm, PlainTensor>> {
  const where = 'toScikitLearn';
  const weight = checkedReal(where, 'weight', params.weight, 2);
  const interceptVisible = checkedReal(where, 'visibleBias', params.visibleBias, 1);
  const interceptHidden = checkedReal(where, 'hiddenBias', params.hiddenBias, 1);
  checkSizes(where, 'weight [visible, hidden]', weight, { visible: interceptVisible, hidden: interceptHidden });
  return { components: transposed(weight), interceptVisible, interceptHidden };
}
