import { temper } from '@ebmkit/energy';
import { mala } from '@ebmkit/samplers';
import { cast, fold, free, key, mean, readSync, retire, scoped, split, tensor } from '@ebmkit/tensor';
import { target } from './double-well.js';

/** What the reader can set. */
export interface Settings {
  /** How many chains run side by side. */
  readonly chains: number;
  /** The step size of the sampler. */
  readonly stepSize: number;
  /** The inverse temperature. */
  readonly beta: number;
}

/** What one step gives. */
export interface Frame {
  /** `x0, y0, x1, y1, …` */
  readonly positions: ArrayLike<number>;
  /** The share of chains that accepted their proposal. */
  readonly acceptance: number;
}

/** Chains in the double well. */
export interface Simulation {
  /** Moves every chain by one step. */
  readonly step: () => Frame;
  /** Gives the memory back. */
  readonly end: () => void;
}

/** Starts chains in the middle of the left well. The same settings and seed give the same chains. */
export function startSimulation({ chains, stepSize, beta }: Settings, seed: number): Simulation {
  const [forStart, forSteps] = split(key(seed), 2);
  const kernel = mala(temper(target, beta), { stepSize });
  const start = tensor(
    Float32Array.from({ length: 2 * chains }, (_, i) => (i % 2 === 0 ? -1 : 0)),
    [chains, 2],
  );
  let state = kernel.init(start, forStart);
  let steps = 0;
  return {
    step: () => {
      const previous = state;
      const moved = kernel.step(fold(forSteps, steps++), previous);
      retire(previous, moved.state);
      state = moved.state;
      const acceptance = scoped(() => readSync(mean(cast(moved.info.accepted, 'float32')))[0] ?? Number.NaN);
      free(moved.info);
      return { positions: readSync(state.position), acceptance };
    },
    end: () => free([state, start]),
  };
}
