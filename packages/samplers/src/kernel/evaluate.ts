import type { ContinuousEnergy } from '@ebmkit/energy';
import { EbmError, ones, ShapeError, type Tensor, type Tree, vjp } from '@ebmkit/tensor';

/** A position with what gradient samplers need to know there. */
export type GradientState<X extends Tree> = {
  /** Where the chains are, `[chains, ...event]`. */
  readonly position: X;
  /** The energy of each chain, `[chains]`. */
  readonly energy: Tensor;
  /** The gradient of the energy, of the shape of the position. */
  readonly gradient: X;
};

/** Evaluates the energy and its gradient: the energy's own gradient if it has one, else by automatic differentiation. */
export function evaluate<X extends Tree>(
  caller: string,
  target: ContinuousEnergy<X>,
  position: X,
  chains: number,
): GradientState<X> {
  if (target.gradient) {
    const energy = checkedEnergy(caller, target.energy(position), chains);
    return { position, energy, gradient: target.gradient(position) };
  }
  const energyOf = (x: X): Tensor => checkedEnergy(caller, target.energy(x), chains);
  const { value, grad } = vjp(energyOf, position, ones([chains]));
  return { position, energy: value, gradient: grad };
}

/** The energy itself; throws unless it is one float32 number for each chain. */
export function checkedEnergy(caller: string, energy: Tensor, chains: number): Tensor {
  if (energy.shape.length !== 1 || energy.shape[0] !== chains || energy.dtype !== 'float32')
    throw new ShapeError(
      `${caller}: expected the energy to give float32 [${chains}], one number for each chain, got ${energy.dtype} [${energy.shape.join(', ')}]. Sum over the event axes only: sumEvent().`,
    );
  return energy;
}

/** Throws when the energy is over discrete states, which the types refuse already. */
export function checkContinuous(caller: string, target: { readonly support?: string }): void {
  if (target.support === 'discrete')
    throw new EbmError(
      'argument',
      `${caller}: expected an energy over real states, got one over discrete states. Use gibbs or gibbsWithGradients.`,
    );
}
