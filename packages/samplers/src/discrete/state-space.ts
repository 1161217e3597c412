import {
  add,
  cast,
  type DType,
  EbmError,
  mod,
  mul,
  notEqual,
  oneHot,
  range,
  reshape,
  ShapeError,
  sub,
  type Tensor,
  takeAlongAxis,
  where,
} from '@ebmkit/tensor';

/**
 * What discrete samplers must know of the values that a site can take: how states are stored, how one value becomes another, and
 * at which real point a gradient tells what that would do to the energy. The values of a site stand in a circle; a *shift* by
 * $`s`$ goes $`s`$ places on, so a shift by $`k - s`$ undoes it and a shift by 0 stays. Make one with `binaryStates`, `spinStates` or
 * `categoricalStates`.
 */
export interface StateSpace {
  /** What kind of sites, in one word, for messages. */
  readonly kind: 'binary' | 'spin' | 'categorical';
  /** The dtype of states. */
  readonly dtype: DType;
  /** How many values $`k`$ a site can take. */
  readonly values: number;
  /** The squared distance of two different values of a site in the relaxation: the unit in which `discreteLangevin` measures. */
  readonly squaredDistance: number;
  /**
   * The real point that stands for a state, float32: of the shape `[chains, ...event]` of the states, with one more axis of length
   * `values` for categorical ones.
   */
  readonly relax: (x: Tensor) => Tensor;
  /** States with every site moved on by its shift, an int32 tensor of the shape of the states that holds 0 … `values` − 1. */
  readonly change: (x: Tensor, shift: Tensor) => Tensor;
  /**
   * What the energy would change by to first order, $`\nabla E(x) \cdot (x' - x)`$, for every other value of every site:
   * `[chains, sites, values - 1]`, entry $`s - 1`$ for the shift by $`s`$. The gradient has the shape of the relaxation. Equal to the
   * true difference of energies where the energy is linear in each site.
   */
  readonly differences: (x: Tensor, gradient: Tensor) => Tensor;
}

/** How many sites a state `[chains, ...event]` has. */
export function sitesOf({ shape }: Tensor): number {
  return shape.slice(1).reduce((a, b) => a * b, 1);
}

/** One entry for each change of each chain and site: `[chains, sites, 1]` where there are two values only. */
function perChange(x: Tensor, differences: Tensor): Tensor {
  return reshape(differences, [x.shape[0] as number, sitesOf(x), 1]);
}

/**
 * Sites that are true or false, as bool tensors `[chains, ...event]`: the units of a Boltzmann machine, sets, masks. A gradient is taken
 * at the float32 tensor of zeros and ones, so an energy must take that as well as the bool one.
 *
 * @returns The space.
 *
 * @example
 * ```ts
 * const kernel = gibbsWithGradients(energy, { space: binaryStates() });
 * const state = kernel.init(zeros([100, 784], 'bool'), key(0));
 * ```
 * @see `spinStates` for sites of −1 and 1.
 */
export function binaryStates(): StateSpace {
  return {
    kind: 'binary',
    dtype: 'bool',
    values: 2,
    squaredDistance: 1,
    relax: (x) => cast(x, 'float32'),
    change: (x, shift) => notEqual(x, cast(shift, 'bool')),
    differences: (x, gradient) => perChange(x, mul(gradient, where(x, -1, 1))),
  };
}

/**
 * Sites that are −1 or 1, as float32 tensors `[chains, ...event]`: Ising spins. They are their own relaxation. Other values are not
 * looked for: a 0 stays 0 for ever.
 *
 * @returns The space.
 *
 * @example
 * ```ts
 * const kernel = randomScanGibbs(ising, { space: spinStates(), sites: 10 });
 * const state = kernel.init(rademacher(key(0), [64, 20, 20]), key(1));
 * ```
 * @see `binaryStates` for sites of 0 and 1.
 */
export function spinStates(): StateSpace {
  return {
    kind: 'spin',
    dtype: 'float32',
    values: 2,
    squaredDistance: 4,
    relax: (x) => x,
    change: (x, shift) => mul(x, sub(1, mul(cast(shift, 'float32'), 2))),
    differences: (x, gradient) => perChange(x, mul(gradient, mul(x, -2))),
  };
}

/**
 * Sites that take one of several values without an order, as int32 tensors `[chains, ...event]` of 0 … `values` − 1: Potts spins,
 * letters, labels. The relaxation is one-hot, float32 `[chains, ...event, values]`; a sampler that goes by the gradient
 * takes it of the energy's `relaxed`.
 *
 * @param values - How many values, a whole number of at least 2.
 * @returns The space.
 * @throws EbmError when `values` is not such a number.
 *
 * @example
 * ```ts
 * const potts = {
 *   energy: (x: Tensor) => relaxed(cast(oneHot(x, 4), 'float32')), // int32 [n, sites]
 *   relaxed, // float32 [n, sites, 4]
 *   support: 'discrete',
 * } as const;
 * const kernel = gibbsWithGradients(potts, { space: categoricalStates(4) });
 * ```
 */
export function categoricalStates(values: number): StateSpace {
  if (!Number.isInteger(values) || values < 2)
    throw new EbmError('argument', `categoricalStates: values must be a whole number of at least 2, got ${values}.`);
  return {
    kind: 'categorical',
    dtype: 'int32',
    values,
    squaredDistance: 2,
    relax: (x) => cast(oneHot(x, values), 'float32'),
    change: (x, shift) => mod(add(x, shift), values),
    differences: (x, gradient) => {
      const rows = [x.shape[0] as number, sitesOf(x)];
      const slopes = reshape(gradient, [...rows, values]);
      const current = reshape(x, [...rows, 1]);
      const others = mod(add(current, add(range(values - 1), 1)), values);
      return sub(takeAlongAxis(slopes, others), takeAlongAxis(slopes, current));
    },
  };
}

/** Throws unless a position holds states of the space, `[chains, ...event]` of its dtype. */
export function checkStates(caller: string, space: StateSpace, position: Tensor): void {
  if (position.dtype !== space.dtype)
    throw new EbmError(
      'dtype',
      `${caller}: expected ${space.kind} states as ${space.dtype}, got ${position.dtype}. Cast them with cast(x, '${space.dtype}') or name another space.`,
    );
  if (position.shape.length === 0)
    throw new ShapeError(
      `${caller}: expected states [chains, ...event], got a scalar. Put the chains on the first axis.`,
    );
}
