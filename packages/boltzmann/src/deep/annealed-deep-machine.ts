import type { BlockConditional } from '@ebmkit/energy';
import { type AnnealingPath, type GibbsState, gibbs } from '@ebmkit/samplers';
import { add, mapTree, mul, sub, type Tensor } from '@ebmkit/tensor';
import type { OwnParameters } from '../units/units.js';
import {
  type AnyUnits,
  type DeepState,
  type LayerName,
  layerInput,
  layerName,
  layerNumber,
  type StackParameters,
} from './deep-layers.js';

type Own = OwnParameters<string>;

/** The own parameters of a machine without weights, layer by layer: biases that give the means of the layer, or 0. */
export function baseRate(
  units: readonly AnyUnits[],
  own: readonly Own[],
  means: readonly (ArrayLike<number> | undefined)[],
): readonly Own[] {
  return units.map((layer, k) => {
    const { bias } = layer.init(means[k]);
    return { ...own[k], bias: bias as Tensor };
  });
}

/**
 * The layers that stay when the others are summed out: those of even or those of odd number, whichever have fewer units. The others do
 * not see each other, so that summing them out is exact.
 */
function keptLayers(units: readonly AnyUnits[]): readonly number[] {
  const numbers = units.map((_, k) => k);
  const sizeOf = (layers: readonly number[]): number =>
    layers.reduce((total, k) => total + (units[k] as AnyUnits).size, 0);
  const [even, odd] = [numbers.filter((k) => k % 2 === 0), numbers.filter((k) => k % 2 === 1)];
  return sizeOf(odd) <= sizeOf(even) ? odd : even;
}

/**
 * The path from a machine without weights, at beta 0, to the machine, at beta 1. On the way lies the machine with weights
 * $`\beta W`$ and biases $`(1 - \beta) b_0 + \beta b`$; half of its layers are summed out exactly at every beta.
 */
export function annealedDeepMachine(
  units: readonly AnyUnits[],
  { weights, own }: StackParameters,
  base: readonly Own[],
): AnnealingPath<DeepState, GibbsState<DeepState>> {
  const where = 'estimateDeepLogZ';
  const kept = keptLayers(units);
  const summed = units.map((_, k) => k).filter((k) => !kept.includes(k));
  return (beta) => {
    const between = mapTree((from, to) => add(mul(from, sub(1, beta)), mul(to, beta)), base, own);
    const params = { weights, own: between };
    // The weights are scaled after the product, so that both energies of a step and its move share one product.
    const inputOf = (k: number, x: Readonly<Partial<DeepState>>): Tensor =>
      mul(layerInput(where, units, params, k, x), beta);
    const conditional: BlockConditional<LayerName> = {
      blocks: [...summed, ...kept].map(layerName),
      sampleBlock: (key, block, x) => {
        const k = layerNumber(block);
        return (units[k] as AnyUnits).sample(key, between[k] as Own, inputOf(k, x));
      },
    };
    const energy = (x: DeepState): Tensor => {
      const ofKept = kept.map((k) => (units[k] as AnyUnits).energy(between[k] as Own, x[layerName(k)] as Tensor));
      const ofSummed = summed.map((k) => (units[k] as AnyUnits).logPartition(between[k] as Own, inputOf(k, x)));
      const total = (parts: readonly Tensor[]): Tensor => parts.reduce((sum, part) => add(sum, part));
      return sub(total(ofKept), total(ofSummed));
    };
    return { energy, kernel: gibbs(conditional) };
  };
}
