import { abs, add, EbmError, less, max, maximum, mul, stopGradient, sub, sumEvent, type Tensor } from '@ebmkit/tensor';
import type { OwnParameters } from '../units/units.js';
import {
  type AnyUnits,
  type DeepState,
  inputFromBelow,
  type LayerName,
  layerInput,
  layerName,
  type StackParameters,
  sweepOrder,
} from './deep-layers.js';

/** How to find the mean field. */
export interface DeepMeanFieldOptions {
  /** Sweeps over the hidden layers; 10 unless given. */
  readonly steps?: number;
  /** A row has converged when its means moved by less than this in the last sweep; 0.001 unless given. */
  readonly tolerance?: number;
  /** Where the means begin, such as the `state` of a shorter call; those of one pass upwards unless given. */
  readonly start?: DeepState;
}

/** The mean field of a deep machine at given visible states: the factorised distribution that it settled on. */
export type DeepMeanField = {
  /** The visible states as they came, and the mean of every hidden layer, `[n, size]`. */
  readonly state: DeepState;
  /** The variational free energy $`E(v, \mu) - H(q)`$, `[n]`: never below the free energy of the visible state. */
  readonly freeEnergy: Tensor;
  /** How far the means of a row moved in the last sweep, at most, `[n]`. */
  readonly change: Tensor;
  /** Whether the row has converged, bool `[n]`. */
  readonly converged: Tensor;
};

/** The states or means of layers, and the input from which each mean was made. */
interface Field {
  readonly state: Readonly<Partial<Record<LayerName, Tensor>>>;
  readonly inputs: readonly Tensor[];
}

/** One pass upwards. What a layer will get from above is not known yet, so all but the last double what comes from below. */
function passUpwards(units: readonly AnyUnits[], params: StackParameters, visible: Tensor): Field {
  const state: Partial<Record<LayerName, Tensor>> = { visible };
  for (let k = 1; k < units.length; k++) {
    const fromBelow = inputFromBelow(units, params, k, state[layerName(k - 1)] as Tensor);
    const input = k < units.length - 1 ? mul(fromBelow, 2) : fromBelow;
    state[layerName(k)] = (units[k] as AnyUnits).mean(params.own[k] as OwnParameters<string>, input);
  }
  return { state, inputs: [] };
}

function sweep(units: readonly AnyUnits[], params: StackParameters, { state }: Field): Field {
  const next: Partial<Record<LayerName, Tensor>> = { ...state };
  const inputs: Tensor[] = [];
  for (const k of sweepOrder(units.map((_, layer) => layer).slice(1))) {
    const input = layerInput('deepBoltzmannMachine.meanField', units, params, k, next);
    next[layerName(k)] = (units[k] as AnyUnits).mean(params.own[k] as OwnParameters<string>, input);
    inputs[k] = input;
  }
  return { state: next, inputs };
}

/** The largest move of a mean of each row, `[n]`. */
function largestMove(count: number, before: Field, after: Field): Tensor {
  const moves = Array.from({ length: count - 1 }, (_, i) => {
    const name = layerName(i + 1);
    return max(abs(sub(after.state[name] as Tensor, before.state[name] as Tensor)), 1);
  });
  return moves.reduce((most, move) => maximum(most, move));
}

/**
 * The entropy of the hidden layers, `[n]`. A layer with input $`a`$ and mean $`\mu`$ has $`H = A(a) - s(\mu) \cdot a + U(\mu)`$, because $`s`$ and
 * $`U`$ are linear; this is finite however sure a unit is.
 */
function entropy(units: readonly AnyUnits[], { own }: StackParameters, { state, inputs }: Field): Tensor {
  const parts = units.slice(1).map((layer, i) => {
    const [mine, input, mean] = [own[i + 1] as OwnParameters<string>, inputs[i + 1] as Tensor, state[layerName(i + 1)]];
    const explained = sumEvent(mul(layer.statistic(mine, mean as Tensor), input));
    return add(sub(layer.logPartition(mine, input), explained), layer.energy(mine, mean as Tensor));
  });
  return parts.reduce((total, part) => add(total, part));
}

/**
 * Mean-field inference of the hidden layers: coordinate ascent of the variational bound over factorised distributions, one exact
 * update of every layer a sweep, so that the variational free energy never rises. Pure and of fixed length, so that it can be
 * part of a compiled step.
 */
export function deepMeanField(
  units: readonly AnyUnits[],
  params: StackParameters,
  energy: (state: DeepState) => Tensor,
  visible: Tensor,
  { steps = 10, tolerance = 1e-3, start }: DeepMeanFieldOptions,
): DeepMeanField {
  if (!Number.isInteger(steps) || steps < 1)
    throw new EbmError(
      'argument',
      `deepBoltzmannMachine.meanField: steps must be a whole number of at least 1, got ${steps}.`,
    );
  let before: Field = start ? { state: { ...start, visible }, inputs: [] } : passUpwards(units, params, visible);
  let after = sweep(units, params, before);
  for (let step = 1; step < steps; step++) [before, after] = [after, sweep(units, params, after)];
  const state = after.state as DeepState;
  const change = stopGradient(largestMove(units.length, before, after));
  return {
    state,
    freeEnergy: sub(energy(state), entropy(units, params, after)),
    change,
    converged: less(change, tolerance),
  };
}
