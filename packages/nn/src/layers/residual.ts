import { add, ShapeError, split, type Tensor } from '@ebmkit/tensor';
import { showShape } from '../checks.js';
import { applyStage, defineLayer, initStage, type Layer, type ParamsOf, type Stage } from '../layer.js';

/** The parameters of a residual layer. */
export type ResidualParams<B, S> = {
  /** Those of the branch. */
  readonly branch: ParamsOf<B>;
  /** Those of the shortcut; null where it passes states on as they are. */
  readonly shortcut: ParamsOf<S>;
};

/** What a residual layer may be told. */
export interface ResidualOptions<S extends Stage> {
  /** What the states go through beside the branch; nothing unless given. Needed where the branch changes their shape. */
  readonly shortcut?: S;
}

/** Adds what came through the branch and beside it. */
export function addShortcut(where: string, branch: Tensor, shortcut: Tensor): Tensor {
  if (branch.shape.length !== shortcut.shape.length || branch.shape.some((n, i) => n !== shortcut.shape[i]))
    throw new ShapeError(
      `${where}: branch and shortcut must give one shape, got ${showShape(branch.shape)} and ${showShape(shortcut.shape)}. Give a shortcut that changes the shape as the branch does.`,
    );
  return add(branch, shortcut);
}

/**
 * A branch beside a shortcut: $`y = f(x) + s(x)`$, where $`s(x) = x`$ unless a shortcut is given. Derivatives pass the shortcut
 * unweakened, so that many of them can be stacked. The near twin `residualBlock` has its branch ready made, for images.
 *
 * @param branch - A layer or function.
 * @param options - The shortcut.
 * @returns A layer; its parameters are those of branch and shortcut.
 * @throws `apply` throws ShapeError when branch and shortcut give different shapes.
 *
 * @example
 * ```ts
 * const layer = residual(sequential([layerNorm({ shape: [64] }), dense({ inputs: 64, outputs: 64 }), silu]));
 * const y = layer.apply(layer.init(key(1)), zeros([10, 64])); // [10, 64]
 * ```
 * @see He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2016, https://arxiv.org/abs/1512.03385
 */
export function residual<B extends Stage, S extends Stage = (x: Tensor) => Tensor>(
  branch: B,
  { shortcut = ((x: Tensor) => x) as unknown as S }: ResidualOptions<S> = {},
): Layer<ResidualParams<B, S>> {
  return defineLayer<ResidualParams<B, S>>({
    init: (key) => {
      const [first, second] = split(key, 2);
      return { branch: initStage(branch, first), shortcut: initStage(shortcut, second) };
    },
    apply: (params, x) =>
      addShortcut('residual', applyStage(branch, params.branch, x), applyStage(shortcut, params.shortcut, x)),
  });
}
