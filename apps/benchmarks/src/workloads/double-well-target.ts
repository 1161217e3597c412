import { type ContinuousEnergy, doubleWell } from '@ebmkit/energy';
import { normals } from '../inputs.js';
import type { Inputs } from '../workload.js';

/** How much work a sampler of the double well has. */
export type SamplerSize = {
  /** Independent chains. */
  readonly chains: number;
  /** Coordinates of a state. */
  readonly dim: number;
  /** Steps of a run. */
  readonly steps: number;
  /** The step size. */
  readonly stepSize: number;
};

/** The three scales of torchebm's benchmarks. */
export const samplerScales = [
  { size: 'small', parameters: { chains: 64, dim: 8, steps: 50, stepSize: 1e-3 } },
  { size: 'medium', parameters: { chains: 256, dim: 32, steps: 100, stepSize: 1e-3 } },
  { size: 'large', parameters: { chains: 1024, dim: 128, steps: 200, stepSize: 1e-3 } },
] as const;

/** A size for tests. */
export const tinySampler: SamplerSize = { chains: 40, dim: 2, steps: 10, stepSize: 1e-2 };

/** The double well of height 2 with its wells at plus and minus 1, without its own gradient: samplers differentiate it. */
export function doubleWellTarget(dim: number): ContinuousEnergy {
  const { energy } = doubleWell({ barrierHeight: 2, minimum: 1, eventShape: [dim] });
  return { energy };
}

/** The slope of one coordinate, $`8 x (x^2 - 1)`$: what the quality checks compute with. */
export function doubleWellSlope(x: number): number {
  return 8 * x * (x * x - 1);
}

/** Starting points from a standard normal distribution. */
export function standardStart({ chains, dim }: SamplerSize): Inputs {
  return { start: normals(11, chains * dim) };
}
