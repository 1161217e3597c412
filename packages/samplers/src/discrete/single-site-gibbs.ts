import type { DiscreteEnergy } from '@ebmkit/energy';
import {
  add,
  any,
  bernoulli,
  cast,
  categorical,
  EbmError,
  expandDims,
  full,
  isFinite,
  type Key,
  logicalAnd,
  logicalNot,
  logicalOr,
  mod,
  mul,
  oneHot,
  reshape,
  sigmoid,
  split,
  stack,
  sub,
  type Tensor,
  takeAlongAxis,
  where,
  zeros,
} from '@ebmkit/tensor';
import { checkedCount } from '../kernel/checked-count.js';
import { defineKernel, type Kernel, type Transition } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf } from '../kernel/position.js';
import {
  checkDiscrete,
  type DiscreteOptions,
  type DiscreteState,
  evaluateEnergy,
  freeSites,
  startDiscrete,
} from './discrete-target.js';
import { shifted } from './local-moves.js';
import { distinctSites, randomSite } from './random-sites.js';
import { type StateSpace, sitesOf } from './state-space.js';

/** How single-site Gibbs sampling visits sites. */
export interface SingleSiteGibbsOptions extends DiscreteOptions {
  /** How many sites each chain visits in one step; 1 unless given. */
  readonly sites?: number;
}

/** How single-site Gibbs sampling visits sites at random. */
export interface RandomScanOptions extends SingleSiteGibbsOptions {
  /**
   * Whether the sites of one step are all different: a random order of them, and of all sites where `sites` is their number.
   * Unless given, each is drawn by itself and may come twice.
   */
  readonly distinct?: boolean;
}

/** The state of a systematic scan. */
export type SystematicScanState = DiscreteState & {
  /** Which site is next, int32 `[chains]`, all alike. */
  readonly next: Tensor;
};

/** Everything that an update of one site needs and that stays the same within a step. */
interface Updating {
  readonly caller: string;
  readonly target: DiscreteEnergy;
  readonly space: StateSpace;
  readonly free: Tensor | undefined;
}

/** Which value of a site comes next, as a shift int32 `[chains]`, given the log probabilities of the others over that of staying. */
function drawShift(key: Key, others: readonly Tensor[], finite: readonly Tensor[]): Tensor {
  const [odds, sound] = [others[0] as Tensor, finite[0] as Tensor];
  if (others.length === 1) return cast(bernoulli(key, where(sound, sigmoid(odds), 0)), 'int32');
  const allowed = others.map((log, s) => where(finite[s] as Tensor, log, Number.NEGATIVE_INFINITY));
  return categorical(key, stack([zeros(odds.shape), ...allowed], 1));
}

/** Draws one site of each chain, int32 `[chains]`, from its conditional given the others. */
function updateSite(key: Key, { caller, target, space, free }: Updating, from: DiscreteState, site: Tensor) {
  const here = oneHot(site, sitesOf(from.position));
  const movable = cast(free ? logicalAnd(here, free) : here, 'int32');
  const energies = Array.from({ length: space.values - 1 }, (_, s) => {
    const position = shifted(space, from.position, mul(movable, s + 1));
    return evaluateEnergy(caller, target, position).energy;
  });
  const others = energies.map((energy) => sub(from.energy, energy));
  const finite = others.map((log) => isFinite(log));
  const shift = drawShift(key, others, finite);
  const all = stack([from.energy, ...energies], 1);
  const state: DiscreteState = {
    position: shifted(space, from.position, mul(movable, expandDims(shift, 1))),
    energy: reshape(takeAlongAxis(all, expandDims(shift, 1), 1), site.shape),
  };
  const moved = logicalAnd(cast(shift, 'bool'), any(cast(movable, 'bool'), 1));
  return { state, moved, diverged: logicalNot(finite.reduce((a, b) => logicalAnd(a, b))) };
}

/** Updates sites one after the other. A chain that met numbers that are not finite counts as accepted only if it moved. */
function updateSites(
  keys: readonly Key[],
  updating: Updating,
  start: DiscreteState,
  sites: readonly Tensor[],
): Transition<DiscreteState, MoveInfo> {
  let state = start;
  const none = full([chainsOf(updating.caller, start.position)], 0, 'bool');
  let [moved, diverged] = [none, none];
  sites.forEach((site, j) => {
    const update = updateSite(keys[j] as Key, updating, state, site);
    state = update.state;
    moved = logicalOr(moved, update.moved);
    diverged = logicalOr(diverged, update.diverged);
  });
  const accepted = logicalOr(moved, logicalNot(diverged));
  return { state, info: { accepted, acceptanceProbability: cast(accepted, 'float32'), diverged } };
}

function checkArguments(caller: string, target: DiscreteEnergy, sites: number): void {
  checkDiscrete(caller, target);
  checkedCount(caller, 'sites', sites, 1);
}

function start(caller: string, target: DiscreteEnergy, space: StateSpace, position: Tensor): DiscreteState {
  return evaluateEnergy(caller, target, startDiscrete(caller, target, space, position));
}

/**
 * Single-site Gibbs sampling in random order: each chain draws one of its sites at random and then that site from its exact
 * conditional given all others, $`p(x_i = v \mid x_{-i}) \propto e^{-E(x_{-i}, v)}`$, `sites` times in a step. Exact, without a step size. Needs
 * nothing but energies: $`k - 1`$ of them for each site visited, where sites have $`k`$ values. Where many sites are independent given the
 * others, `gibbs` with block conditionals draws them all at once; with gradients see `gibbsWithGradients`; in a fixed
 * order, `systematicScanGibbs`. A value whose energy is not finite is never drawn and is reported in `info.diverged`; a chain
 * that starts at one stays there. What is fixed (`clamp`) is passed over.
 *
 * @param target - An energy over discrete states.
 * @param options - The space of states, and how many sites a step visits.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the energy is over real states or `sites` is not a whole number of at least 1; `init` throws when `distinct`
 * sites are to be more than a state has.
 *
 * @example
 * ```ts
 * const kernel = randomScanGibbs(ising, { space: spinStates(), sites: 20 });
 * ```
 * @see Geman and Geman, "Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images", 1984,
 * https://doi.org/10.1109/TPAMI.1984.4767596
 */
export function randomScanGibbs(
  target: DiscreteEnergy,
  { space, sites = 1, distinct = false }: RandomScanOptions,
): Kernel<Tensor, DiscreteState, MoveInfo> {
  const caller = 'randomScanGibbs';
  checkArguments(caller, target, sites);
  return defineKernel<Tensor, DiscreteState, MoveInfo>({
    init: (position) => {
      if (distinct && sites > sitesOf(position))
        throw new EbmError(
          'argument',
          `${caller}: a state here has ${sitesOf(position)} sites, so ${sites} cannot be distinct. Ask for fewer.`,
        );
      return start(caller, target, space, position);
    },
    step: (key, state) => {
      const [siteKey, drawKey] = split(key, 2);
      const free = freeSites(target, space, state.position);
      const draw = { chains: chainsOf(caller, state.position), sites: sitesOf(state.position), free };
      const chosen = distinct
        ? distinctSites(siteKey, draw, sites)
        : split(siteKey, sites).map((k) => randomSite(k, draw));
      return updateSites(split(drawKey, sites), { caller, target, space, free }, state, chosen);
    },
  });
}

/**
 * Single-site Gibbs sampling in the order of the sites: a step goes on from where the last one ended and draws the next `sites`
 * sites, one after the other, from their exact conditionals given all others. Exact, though not reversible; mixes up to twice as fast as
 * `randomScanGibbs`, at the same cost of $`k - 1`$ energies for each site. Every chain visits the same sites. Energies that are not
 * finite and fixed sites are treated as there.
 *
 * @param target - An energy over discrete states.
 * @param options - The space of states, and how many sites a step visits.
 * @returns A kernel over positions `[chains, ...event]`, which begins at the first site.
 * @throws EbmError when the energy is over real states or `sites` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * const sweep = systematicScanGibbs(ising, { space: spinStates(), sites: 100 }); // of states of 100 sites
 * ```
 * @see He, De Sa, Mitliagkas and Ré, "Scan order in Gibbs sampling: models in which it matters and bounds on how much", 2016,
 * https://arxiv.org/abs/1606.03432
 */
export function systematicScanGibbs(
  target: DiscreteEnergy,
  { space, sites = 1 }: SingleSiteGibbsOptions,
): Kernel<Tensor, SystematicScanState, MoveInfo> {
  const caller = 'systematicScanGibbs';
  checkArguments(caller, target, sites);
  return defineKernel<Tensor, SystematicScanState, MoveInfo>({
    init: (position) => ({
      ...start(caller, target, space, position),
      next: zeros([chainsOf(caller, position)], 'int32'),
    }),
    step: (key, { next, ...state }) => {
      const count = sitesOf(state.position);
      const visited = Array.from({ length: sites }, (_, j) => mod(add(next, j), count));
      const updating = { caller, target, space, free: freeSites(target, space, state.position) };
      const { state: moved, info } = updateSites(split(key, sites), updating, state, visited);
      return { state: { ...moved, next: mod(add(next, sites), count) }, info };
    },
  });
}
