import type { DiscreteEnergy } from '@ebmkit/energy';
import {
  add,
  all,
  cast,
  EbmError,
  equal,
  floor,
  fold,
  full,
  type Key,
  mul,
  oneHot,
  reshape,
  ShapeError,
  split,
  sub,
  type Tensor,
  uniform,
  where,
} from '@ebmkit/tensor';
import { checkedCount } from '../kernel/checked-count.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { metropolisTest } from '../kernel/metropolis-test.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf } from '../kernel/position.js';
import {
  checkDiscrete,
  constrained,
  type DiscreteOptions,
  type DiscreteState,
  evaluateEnergy,
  freeSites,
  startDiscrete,
} from './discrete-target.js';
import { shifted } from './local-moves.js';
import { distinctSites } from './random-sites.js';
import { checkStates, type StateSpace, sitesOf } from './state-space.js';

/** A proposal for every chain. */
export interface DiscreteProposal {
  /** Where the chains may go, of the shape and dtype of where they are. */
  readonly position: Tensor;
  /** $`\log q(x \mid x') - \log q(x' \mid x)`$, `[chains]`; left out where proposals are symmetric. */
  readonly logRatio?: Tensor;
}

/** How Metropolis sampling of discrete states proposes. */
export interface DiscreteMetropolisOptions extends DiscreteOptions {
  /** How many different sites, drawn at random, a proposal gives another value each; 1 unless given. */
  readonly sites?: number;
  /** A proposal of your own instead, whose randomness comes from the key alone. */
  readonly propose?: (key: Key, position: Tensor) => DiscreteProposal;
}

/** How far each chain moves a site on: to one of the other values, all of which are equally probable. Int32 `[chains, 1]`. */
function drawChange(key: Key, { values }: StateSpace, chains: number): Tensor {
  if (values === 2) return full([chains, 1], 1, 'int32');
  return add(cast(floor(mul(uniform(key, [chains, 1]), values - 1)), 'int32'), 1);
}

/** Gives different random sites of each chain another value: a symmetric proposal. */
function changeSites(key: Key, target: DiscreteEnergy, space: StateSpace, x: Tensor, count: number): DiscreteProposal {
  const [siteKey, valueKey] = split(key, 2);
  const [chains, sites] = [chainsOf('discreteMetropolis', x), sitesOf(x)];
  const free = freeSites(target, space, x);
  const shifts = distinctSites(siteKey, { chains, sites, free }, count)
    .map((site, j) => mul(cast(oneHot(site, sites), 'int32'), drawChange(fold(valueKey, j), space, chains)))
    .reduce((a, b) => add(a, b));
  return { position: shifted(space, x, free ? where(free, shifts, 0) : shifts) };
}

/** Which proposals leave in place what is fixed, bool `[chains]`; undefined where nothing is fixed. */
function keptInPlace(target: DiscreteEnergy, space: StateSpace, x: Tensor): Tensor | undefined {
  if (!target.constrain) return undefined;
  return all(reshape(equal(constrained(target, space, x), x), [chainsOf('discreteMetropolis', x), sitesOf(x)]), 1);
}

function checkProposal(space: StateSpace, x: Tensor, proposed: Tensor): void {
  checkStates('discreteMetropolis: propose', space, proposed);
  if (proposed.shape.join() !== x.shape.join())
    throw new ShapeError(
      `discreteMetropolis: propose must give states [${x.shape.join(', ')}], the shape that it got, but gave [${proposed.shape.join(', ')}].`,
    );
}

/**
 * The Metropolis algorithm on discrete states: gives `sites` random sites of each chain another value, or proposes as you say, and
 * accepts for each chain on its own with probability
 *
 * ```math
 * \min\left(1, \frac{e^{-E(x')} q(x \mid x')}{e^{-E(x)} q(x' \mid x)}\right)
 * ```
 *
 * in which the proposals $`q`$ cancel for the built-in one. Exact. One energy for each step. For proposals that know the
 * energy see `randomScanGibbs` and `gibbsWithGradients`. Changing a fixed even number of two-valued sites never changes the parity of
 * a state, so that `sites` must be odd there. A proposal whose energy is not finite is refused and reported in `info.diverged`.
 * The built-in proposal changes free sites only; one of your own that would move what is fixed (`clamp`) is refused, which
 * keeps the target exact whatever it does.
 *
 * @param target - An energy over discrete states.
 * @param options - The space of states, and how many sites to change or a proposal.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the energy is over real states, `sites` is not a whole number of at least 1 or is even for two-valued
 * sites, or both `sites` and `propose` are given; `init` throws when a state has fewer sites.
 *
 * @example
 * ```ts
 * const flips = discreteMetropolis(ising, { space: spinStates() });
 * const redraws = discreteMetropolis(ising, {
 *   space: spinStates(),
 *   propose: (k, x) => ({ position: rademacher(k, x.shape) }),
 * });
 * ```
 * @see Metropolis, Rosenbluth, Rosenbluth, Teller and Teller, "Equation of state calculations by fast computing machines", 1953,
 * https://doi.org/10.1063/1.1699114
 */
export function discreteMetropolis(
  target: DiscreteEnergy,
  options: DiscreteMetropolisOptions,
): Kernel<Tensor, DiscreteState, MoveInfo> {
  const caller = 'discreteMetropolis';
  const { space, propose, sites = 1 } = options;
  checkOptions(target, options);
  return defineKernel<Tensor, DiscreteState, MoveInfo>({
    init: (start) => {
      if (sites > sitesOf(start))
        throw new EbmError(
          'argument',
          `${caller}: a state here has ${sitesOf(start)} sites, so ${sites} cannot be changed. Ask for fewer.`,
        );
      return evaluateEnergy(caller, target, startDiscrete(caller, target, space, start));
    },
    step: (key, from) => {
      const [moveKey, acceptKey] = split(key, 2);
      const proposal = propose
        ? propose(moveKey, from.position)
        : changeSites(moveKey, target, space, from.position, sites);
      checkProposal(space, from.position, proposal.position);
      const to = evaluateEnergy(caller, target, proposal.position);
      const energies = sub(from.energy, to.energy);
      const logRatio = proposal.logRatio ? add(energies, proposal.logRatio) : energies;
      const allowed = propose && keptInPlace(target, space, proposal.position);
      return metropolisTest(acceptKey, { from, to, logRatio, ...(allowed && { allowed }) });
    },
  });
}

function checkOptions(target: DiscreteEnergy, { space, sites, propose }: DiscreteMetropolisOptions): void {
  const caller = 'discreteMetropolis';
  checkDiscrete(caller, target);
  if (propose && sites !== undefined)
    throw new EbmError('argument', `${caller}: expected sites or propose, got both. Leave one out.`);
  checkedCount(caller, 'sites', sites ?? 1, 1);
  if (sites !== undefined && sites % 2 === 0 && space.values === 2)
    throw new EbmError(
      'argument',
      `${caller}: sites must be odd for ${space.kind} states, got ${sites}, which would never change the parity of a state.`,
    );
}
