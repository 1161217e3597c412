import { ones, type Tensor, vjp } from '@ebmkit/tensor';

/** The energies of a batch, and the gradient of each with respect to its own state, by automatic differentiation. */
export function energyGradient(
  energy: (x: Tensor) => Tensor,
  x: Tensor,
): { readonly energy: Tensor; readonly gradient: Tensor } {
  const { value, grad } = vjp(energy, x, ones([x.shape[0] as number]));
  return { energy: value, gradient: grad };
}
