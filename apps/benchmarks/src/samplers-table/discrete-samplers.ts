import {
  discreteLangevin,
  discreteMetropolis,
  gibbs,
  gibbsWithGradients,
  type Kernel,
  type MoveInfo,
  pathAuxiliary,
  randomScanGibbs,
  spinStates,
  systematicScanGibbs,
  warmUp,
} from '@ebmkit/samplers';
import { fromPlain, key, readSync, type Tensor, tensor } from '@ebmkit/tensor';
import { bits } from '../inputs.js';
import type { TableSampler } from './continuous-samplers.js';
import {
  gridOf,
  type IsingGrid,
  isingBlocks,
  isingEnergy,
  isingMeanEnergy,
  isingScalars,
  spinsOf,
} from './ising-grid.js';
import type { KnownMoment } from './judge-draws.js';
import { type Reading, readyChains } from './measure-chains.js';

/** What is known of the scalars of a grid: spins and their sum have mean 0, the energy that of the transfer matrix. */
export function isingMoments(grid: IsingGrid): KnownMoment[] {
  const nodes = grid.side ** 2;
  const centred = Array.from({ length: nodes + 1 }, (_, scalar): KnownMoment => ({ scalar, power: 1, expected: 0 }));
  return [...centred, { scalar: nodes + 1, power: 1, expected: isingMeanEnergy(grid) }];
}

const startOf = ({ side }: IsingGrid, chains: number): Tensor => spinsOf(bits(13, chains * side * side, 0.5), side);

const readingOf = (grid: IsingGrid): Reading<Tensor> => ({
  read: readSync,
  scalarsOf: (spins) => isingScalars(spins, grid),
});

function fixed<S extends { readonly position: Tensor }>(
  name: string,
  tuning: string,
  kernel: (grid: IsingGrid) => Kernel<Tensor, S, MoveInfo>,
): TableSampler<IsingGrid> {
  return {
    name,
    tuning,
    prepare: async (grid, chains) => readyChains(kernel(grid), startOf(grid, chains), chains, readingOf(grid)),
  };
}

const space = spinStates();

/** The discrete Langevin sampler, its step size found by the acceptance of its adjusted form. */
function stepping(name: string, tuning: string, acceptance: number, adjusted: boolean): TableSampler<IsingGrid> {
  return {
    name,
    tuning,
    prepare: async (grid, chains) => {
      const energy = isingEnergy(grid);
      const { parameters, position } = await warmUp({
        kernel: ({ stepSize }) => discreteLangevin(energy, { space, stepSize }),
        start: startOf(grid, chains),
        steps: 1000,
        key: key(3),
        targetAcceptance: acceptance,
        firstStepSize: 0.2,
        mass: 'identity',
      });
      const kernel = discreteLangevin(energy, { space, stepSize: parameters.stepSize, adjusted });
      return readyChains(kernel, fromPlain(position) as Tensor, chains, readingOf(grid));
    },
  };
}

const blocks: TableSampler<IsingGrid> = {
  name: 'gibbs',
  tuning: 'two blocks, the colours of a chess board',
  prepare: async (grid, chains) => {
    const nodes = grid.side ** 2;
    const spins = (seed: number, count: number): Tensor =>
      tensor(
        bits(seed, chains * count, 0.5).map((bit) => 2 * bit - 1),
        [chains, count],
      );
    const half = Math.ceil(nodes / 2);
    const start = { black: spins(13, half), white: spins(14, nodes - half) };
    return readyChains(gibbs(isingBlocks(grid)), start, chains, {
      read: ({ black, white }) => {
        const spins = new Float32Array(chains * nodes);
        spins.set(readSync(black));
        spins.set(readSync(white), chains * half);
        return spins;
      },
      scalarsOf: (spins) => {
        const blacks = chains * half;
        return isingScalars(gridOf(spins.subarray(0, blacks), spins.subarray(blacks), grid.side), grid);
      },
    });
  },
};

/** The samplers of discrete states, in the order of the table. */
export const discreteSamplers: readonly TableSampler<IsingGrid>[] = [
  blocks,
  fixed('systematicScanGibbs', '16 sites a step', (grid) =>
    systematicScanGibbs(isingEnergy(grid), { space, sites: 16 }),
  ),
  fixed('randomScanGibbs', '16 sites a step', (grid) => randomScanGibbs(isingEnergy(grid), { space, sites: 16 })),
  fixed('discreteMetropolis', '1 site a step', (grid) => discreteMetropolis(isingEnergy(grid), { space })),
  fixed('gibbsWithGradients', 'none', (grid) => gibbsWithGradients(isingEnergy(grid), { space })),
  fixed('pathAuxiliary', 'paths of 1 to 16 sites', (grid) =>
    pathAuxiliary(isingEnergy(grid), { space, pathLength: [1, 16] }),
  ),
  stepping('discreteLangevin', '`warmUp`: accepts 0.574', 0.574, true),
  stepping('discreteLangevin, not adjusted', 'the adjusted one would accept 0.95', 0.95, false),
];
