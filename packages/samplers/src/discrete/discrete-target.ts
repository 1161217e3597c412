import type { DiscreteEnergy } from '@ebmkit/energy';
import { cast, EbmError, equal, full, logicalAnd, reshape, type Tensor } from '@ebmkit/tensor';
import { checkedEnergy, evaluate } from '../kernel/evaluate.js';
import { chainsOf, finiteChains } from '../kernel/position.js';
import { checkStates, type StateSpace, sitesOf } from './state-space.js';

/** Where the chains of a discrete sampler are, and their energies. */
export type DiscreteState = {
  /** Where the chains are, `[chains, ...event]`. */
  readonly position: Tensor;
  /** The energy of each chain, `[chains]`. */
  readonly energy: Tensor;
};

/** What a discrete sampler that goes by gradients knows of where it is. */
export type DiscreteGradientState = DiscreteState & {
  /** The gradient of the energy at the relaxation of the position, of the shape of that. */
  readonly gradient: Tensor;
};

/** What kind of sites a discrete sampler moves. */
export interface DiscreteOptions {
  /** The values of a site: `binaryStates()`, `spinStates()` or `categoricalStates(k)`. */
  readonly space: StateSpace;
}

/** Throws unless the energy is over discrete states, which the types ask for already. */
export function checkDiscrete(caller: string, target: { readonly support?: string }): void {
  if (target.support !== 'discrete')
    throw new EbmError(
      'argument',
      `${caller}: expected an energy over discrete states, got one over real states. Say support: 'discrete' in the energy, or use mala.`,
    );
}

/** Throws unless the energy tells what a gradient sampler over the space needs. */
export function checkRelaxable(caller: string, target: DiscreteEnergy, space: StateSpace): void {
  checkDiscrete(caller, target);
  if (space.kind === 'categorical' && !target.relaxed)
    throw new EbmError(
      'argument',
      `${caller}: categorical states need an energy with relaxed(oneHot), a differentiable function of float32 [chains, ...event, ${space.values}], got one without. Add it, or use randomScanGibbs or discreteMetropolis, which need no gradient.`,
    );
}

/** States with what is fixed put back in place, in the dtype of the space. */
export function constrained({ constrain }: DiscreteEnergy, { dtype }: StateSpace, x: Tensor): Tensor {
  return constrain ? cast(constrain(x), dtype) : x;
}

/**
 * Which sites may move, bool `[chains, sites]`: those that stay changed when they are. Undefined when all may.
 */
export function freeSites(target: DiscreteEnergy, space: StateSpace, x: Tensor): Tensor | undefined {
  if (!target.constrain) return undefined;
  const changed = space.change(x, full(x.shape, 1, 'int32'));
  return reshape(equal(constrained(target, space, changed), changed), [x.shape[0] as number, sitesOf(x)]);
}

/** The energies at states. */
export function evaluateEnergy(caller: string, target: DiscreteEnergy, position: Tensor): DiscreteState {
  return { position, energy: checkedEnergy(caller, target.energy(position), chainsOf(caller, position)) };
}

/**
 * The energies at states and the gradients at their relaxations: of the energy's `relaxed` where it has one, else of the energy
 * itself, whose value there is then that of the state.
 */
export function evaluateGradient(
  caller: string,
  target: DiscreteEnergy,
  space: StateSpace,
  position: Tensor,
): DiscreteGradientState {
  const chains = chainsOf(caller, position);
  const { energy, gradient, relaxed } = target;
  const slope = space.kind === 'categorical' ? undefined : gradient;
  const real = evaluate(
    caller,
    { energy: relaxed ?? energy, ...(slope && { gradient: slope }) },
    space.relax(position),
    chains,
  );
  const known = relaxed ? evaluateEnergy(caller, target, position).energy : real.energy;
  return { position, energy: known, gradient: real.gradient };
}

/** Which chains have finite energies and gradients at both ends of a move, bool `[chains]`. */
export function soundMoves(from: DiscreteGradientState, to: DiscreteGradientState): Tensor {
  const [a, b] = [from, to].map(({ energy, gradient }) => finiteChains([energy, gradient]) as Tensor) as [
    Tensor,
    Tensor,
  ];
  return logicalAnd(a, b);
}

/** The state at a start: checked and constrained. */
export function startDiscrete(caller: string, target: DiscreteEnergy, space: StateSpace, start: Tensor): Tensor {
  checkStates(caller, space, start);
  return constrained(target, space, start);
}
