import type { StochasticEnergy } from '@ebmkit/energy';
import {
  add,
  cast,
  div,
  equal,
  full,
  isTensor,
  logicalAnd,
  logicalNot,
  mapTree,
  mul,
  neg,
  onesLike,
  perRow,
  split,
  sqrt,
  square,
  sub,
  type Tensor,
  type TensorLike,
  type Tree,
  zerosLike,
} from '@ebmkit/tensor';
import { checkPositive, checkTimeStep } from '../hamiltonian/arguments.js';
import { drift, kick } from '../hamiltonian/splitting-integrator.js';
import { evaluate, type GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf, chooseChains, normalLike, sumOverEvents } from '../kernel/position.js';
import { batchEnergy, checkStochastic, finiteMoves, startEstimate } from './batch-energy.js';

/** How the stochastic gradient Nosé–Hoover thermostat moves. */
export interface SgnhtOptions {
  /** The step size $`\varepsilon`$, in units of a length of the target: a positive number, or a scalar tensor, which may be traced. */
  readonly stepSize: TensorLike;
  /** The diffusion $`A`$ of momenta, and the friction to begin with: a positive number, or a scalar tensor, which may be traced. */
  readonly diffusion: TensorLike;
}

/** Where the chains are, with momenta and thermostats. */
export type SgnhtState<X extends Tree> = GradientState<X> & {
  /** Their momenta, of the shape of the position. */
  readonly momentum: X;
  /** The friction $`\xi`$ of each chain, `[chains]`. */
  readonly thermostat: Tensor;
};

/** Where positions are free to move: 1 there and 0 where they are held fixed. Undefined when nothing is fixed. */
function freePart<X extends Tree>({ constrain }: StochasticEnergy<X>, position: X): X | undefined {
  if (!constrain) return undefined;
  const keeps = (probe: X): X => mapTree((a, b) => equal(a, b), constrain(probe), probe);
  const [zero, one] = [mapTree((x) => zerosLike(x), position), mapTree((x) => onesLike(x), position)];
  return mapTree((a, b) => cast(logicalAnd(a, b), 'float32'), keeps(zero), keeps(one));
}

const times = <X extends Tree>(x: X, factor: X | undefined): X =>
  factor ? mapTree((a, b) => mul(a, b), x, factor) : x;

/**
 * The stochastic gradient Nosé–Hoover thermostat: momenta with a friction that adapts to the noise of gradients, whatever it is, by holding the kinetic energy of
 * the $`d`$ coordinates that are free at its mean,
 *
 * ```math
 * p' = p - \varepsilon \xi p - \varepsilon \nabla \hat E(x) + \sqrt{2 A \varepsilon} \, n, \qquad x' = x + \varepsilon p', \qquad \xi' = \xi + \varepsilon \left(\frac{p'^\top p'}{d} - 1\right),
 * ```
 *
 * with $`n \sim N(0, I)`$ and a new batch in every step. Biased by $`O(\varepsilon)`$; noise of gradients that has one variance $`V`$ everywhere and in all coordinates adds nothing to that, since the thermostat settles near
 * $`A + \varepsilon V / 2`$. In the stationary distribution $`\mathbb{E}[p^\top p] = d`$ whatever the step size, and on a Gaussian of precision $`a`$ in many dimensions the variance is
 * $`(1 - \varepsilon \xi / 2) / a`$. One gradient of a batch for each step. Where the noise is known, `sghmc` takes it as an option. All chains of a step share a batch, so that their
 * errors go together; each has a thermostat of its own. A move to where the estimate or its gradient is not finite is refused, the momentum turned round, and reported in
 * `info.diverged`.
 *
 * @param target - An energy with estimates, from `stochasticEnergy`.
 * @param options - Step size and diffusion.
 * @returns A kernel over positions `[chains, ...event]` whose state carries momentum and thermostat. `init` draws the momentum from its key.
 * @throws EbmError when an option is not positive or the target gives no estimates.
 *
 * @example
 * ```ts
 * const kernel = sgnht(stochasticEnergy(target, { batchSize: 32 }), { stepSize: 0.01, diffusion: 1 });
 * ```
 * @see Ding, Fang, Babbush, Chen, Skeel and Neven, "Bayesian sampling using stochastic gradient thermostats", 2014, algorithm 2,
 * https://papers.nips.cc/paper/5592-bayesian-sampling-using-stochastic-gradient-thermostats
 */
export function sgnht<X extends Tree>(
  target: StochasticEnergy<X>,
  { stepSize, diffusion }: SgnhtOptions,
): Kernel<X, SgnhtState<X>, MoveInfo> {
  checkStochastic('sgnht', target);
  checkTimeStep('sgnht', stepSize);
  checkPositive('sgnht', 'diffusion', diffusion, 'Try 1.');
  return defineKernel<X, SgnhtState<X>, MoveInfo>({
    init: (start, key) => {
      const [momentumKey, batchKey] = split(key, 2);
      const state = startEstimate('sgnht', target, batchKey, start);
      const chains = chainsOf('sgnht', state.position);
      const momentum = times(normalLike(momentumKey, state.position), freePart(target, state.position));
      const thermostat = isTensor(diffusion) ? add(full([chains], 0), diffusion) : full([chains], diffusion);
      return { ...state, momentum, thermostat };
    },
    step: (key, state) => {
      const [noiseKey, batchKey] = split(key, 2);
      const batch = batchEnergy(target, batchKey);
      const free = freePart(target, state.position);
      const kept = sub(1, mul(state.thermostat, stepSize));
      const spread = sqrt(mul(mul(diffusion, stepSize), 2));
      const rubbed = mapTree(
        (p, n) => add(mul(p, perRow(kept, p.shape)), mul(n, spread)),
        state.momentum,
        normalLike(noiseKey, state.momentum),
      );
      const momentum = times(kick(rubbed, state.gradient, stepSize, 1), free);
      const position = drift(batch, state.position, momentum, stepSize, 1);
      const dimensions = sumOverEvents(free ?? mapTree((p) => onesLike(p), momentum));
      const temperature = div(sumOverEvents(mapTree((p) => square(p), momentum)), dimensions);
      const reached = {
        ...evaluate('sgnht', batch, position, chainsOf('sgnht', position)),
        momentum,
        thermostat: add(state.thermostat, mul(sub(temperature, 1), stepSize)),
      };
      const finite = finiteMoves(state, reached);
      const turned = { ...state, momentum: mapTree((p) => neg(p), state.momentum) };
      return {
        state: chooseChains(finite, reached, turned),
        info: { accepted: finite, acceptanceProbability: cast(finite, 'float32'), diverged: logicalNot(finite) },
      };
    },
  });
}
