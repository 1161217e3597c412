import type { StochasticEnergy } from '@ebmkit/energy';
import {
  add,
  cast,
  EbmError,
  isFinite,
  isTensor,
  logicalAnd,
  logicalNot,
  mapTree,
  mul,
  neg,
  split,
  sqrt,
  sub,
  type Tensor,
  type TensorLike,
  type Tree,
} from '@ebmkit/tensor';
import { checkPositive, checkTimeStep, checkWithin } from '../hamiltonian/arguments.js';
import { drift, kick } from '../hamiltonian/splitting-integrator.js';
import { evaluate } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf, chooseChains, finiteChains, normalLike } from '../kernel/position.js';
import { batchEnergy, checkStochastic, startEstimate } from './batch-energy.js';

/** How stochastic gradient Hamiltonian Monte Carlo moves. */
export interface SghmcOptions {
  /** The step size $`\varepsilon`$, in units of a length of the target: a positive number, or a scalar tensor, which may be traced. */
  readonly stepSize: TensorLike;
  /** The friction $`C`$, one over the time in which momenta are forgotten: a positive number, or a scalar tensor, which may be traced. */
  readonly friction: TensorLike;
  /**
   * The estimate $`\hat B`$ of what the noise of gradients injects already, $`\tfrac12 \varepsilon V`$ with $`V`$ its variance in a coordinate: from 0 to the friction, a number or a scalar
   * tensor, which may be traced. 0 unless given.
   */
  readonly noiseEstimate?: TensorLike;
}

/** Where the chains are, with their momenta. */
export type SghmcState<X extends Tree> = {
  /** Where the chains are, `[chains, ...event]`. */
  readonly position: X;
  /** Their momenta, of the shape of the position. */
  readonly momentum: X;
  /** The energies there as the last batch estimates them, `[chains]`. */
  readonly energy: Tensor;
};

function checkNoiseEstimate(noiseEstimate: TensorLike, friction: TensorLike): void {
  checkWithin('sghmc', 'noiseEstimate', noiseEstimate, 0, Number.POSITIVE_INFINITY);
  if (!isTensor(noiseEstimate) && !isTensor(friction) && noiseEstimate > friction)
    throw new EbmError(
      'argument',
      `sghmc: noiseEstimate must be at most the friction ${friction}, got ${noiseEstimate}. Raise the friction, or lower the noise with larger batches.`,
    );
}

/**
 * Stochastic gradient Hamiltonian Monte Carlo: momenta with friction, which takes out what the noise of gradients puts in,
 *
 * ```math
 * x' = x + \varepsilon p, \qquad p' = p - \varepsilon \nabla \hat E(x') - \varepsilon C p + \sqrt{2 (C - \hat B) \varepsilon} \, n, \qquad n \sim N(0, I),
 * ```
 *
 * with a new batch in every step and masses of 1. Biased: with exact gradients its positions are those of the method of Brünger, Brooks and Karplus, $`O(\varepsilon^2)`$ off; the part of the noise of
 * gradients that $`\hat B`$ leaves out adds $`O(\varepsilon)`$. On a Gaussian of precision $`a`$ whose
 * gradients have noise of variance $`V`$ the stationary variance is
 *
 * ```math
 * \frac{1}{a} \cdot \left(1 + \frac{\varepsilon V / 2 - \hat B}{C}\right) \cdot \left(1 - \frac{\varepsilon^2 a}{4 - 2 \varepsilon C}\right)^{-1},
 * ```
 *
 * which with $`\hat B = \varepsilon V / 2`$ is as if gradients were exact. One gradient of a batch for each step. For the limit without momenta see `sgld`, for a friction that finds the noise by itself `sgnht`; for
 * exact gradients `underdampedLangevin`, which has no bias on a Gaussian. All chains of a step share a batch, so that their errors go together. A move to where the estimate or its gradient is
 * not finite is refused, the momentum turned round, and reported in `info.diverged`.
 *
 * @param target - An energy with estimates, from `stochasticEnergy`.
 * @param options - Step size, friction and the estimate of the noise.
 * @returns A kernel over positions `[chains, ...event]` whose state carries the momentum. `init` draws it from its key.
 * @throws EbmError when an option is out of its range or the target gives no estimates.
 *
 * @example
 * ```ts
 * const kernel = sghmc(stochasticEnergy(target, { batchSize: 32 }), { stepSize: 0.01, friction: 1 });
 * ```
 * @see Chen, Fox and Guestrin, "Stochastic gradient Hamiltonian Monte Carlo", 2014, algorithm 2, https://arxiv.org/abs/1402.4102
 */
export function sghmc<X extends Tree>(
  target: StochasticEnergy<X>,
  { stepSize, friction, noiseEstimate = 0 }: SghmcOptions,
): Kernel<X, SghmcState<X>, MoveInfo> {
  checkStochastic('sghmc', target);
  checkTimeStep('sghmc', stepSize);
  checkPositive('sghmc', 'friction', friction, 'Try 1.');
  checkNoiseEstimate(noiseEstimate, friction);
  return defineKernel<X, SghmcState<X>, MoveInfo>({
    init: (start, key) => {
      const [momentumKey, batchKey] = split(key, 2);
      const { position, energy } = startEstimate('sghmc', target, batchKey, start);
      return { position, momentum: normalLike(momentumKey, position), energy };
    },
    step: (key, state) => {
      const [noiseKey, batchKey] = split(key, 2);
      const batch = batchEnergy(target, batchKey);
      const moved = drift(batch, state.position, state.momentum, stepSize, 1);
      const { position, energy, gradient } = evaluate('sghmc', batch, moved, chainsOf('sghmc', moved));
      const kept = sub(1, mul(friction, stepSize));
      const spread = sqrt(mul(mul(sub(friction, noiseEstimate), stepSize), 2));
      const rubbed = mapTree(
        (p, n) => add(mul(p, kept), mul(n, spread)),
        state.momentum,
        normalLike(noiseKey, state.momentum),
      );
      const momentum = kick(rubbed, gradient, stepSize, 1);
      const finite = logicalAnd(isFinite(state.energy), finiteChains([energy, momentum]) as Tensor);
      const turned = { ...state, momentum: mapTree((p) => neg(p), state.momentum) };
      return {
        state: chooseChains(finite, { position, momentum, energy }, turned),
        info: { accepted: finite, acceptanceProbability: cast(finite, 'float32'), diverged: logicalNot(finite) },
      };
    },
  });
}
