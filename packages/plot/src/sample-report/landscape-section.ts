import { landscapeChains } from '../chains/landscape-chains.js';
import { energyLandscape } from '../energy-landscape.js';
import type { ReportSection } from '../html-report.js';
import type { JudgedSample } from './judged-sample.js';

/** The energy of a two-dimensional target on a regular grid, as `energyLandscape` takes it. */
export interface EnergyOnGrid {
  /** The energies, `energy[row][column]`, row 0 at the lowest y. */
  readonly energy: readonly ArrayLike<number>[];
  /** The x of the first and of the last column. */
  readonly xRange: readonly [number, number];
  /** The y of the first and of the last row. */
  readonly yRange: readonly [number, number];
  /** The energies that get the first and the last colour; those of the grid unless told. */
  readonly range?: readonly [number, number];
}

/** The most paths of chains, the most states of a path, and the most dots of each chain. */
const mostPaths = 4;
const mostStates = 150;
const mostDots = 400;

/** The landscape twice: with the beginnings of some chains as paths, and with the draws of all as dots. */
export function landscapeSection({ leaves, steps, chains }: JudgedSample, grid: EnergyOnGrid): ReportSection {
  const flat = leaves.find(({ scalars }) => scalars === 2);
  if (!flat) {
    throw new RangeError(
      `sampleReport: energyGrid needs draws of two-dimensional states, got ${leaves.map(({ name, event }) => `${name} [${event.join(', ')}]`).join(', ')}. Leave energyGrid out.`,
    );
  }
  const size = { width: 385, height: 380 };
  const paths = landscapeChains(flat, { maxStates: mostStates }).slice(0, mostPaths);
  const dots = landscapeChains(flat, { draw: 'points', maxStates: mostDots });
  const every = Math.max(1, Math.ceil(steps / mostDots));
  return {
    heading: 'Energy landscape',
    pictures: [
      {
        picture: energyLandscape({ ...grid, ...size, chains: paths }),
        caption: `The first ${Math.min(steps, mostStates)} draws of ${paths.length === chains ? 'each chain' : `${paths.length} of ${chains} chains`}, a ring around the first.`,
      },
      {
        picture: energyLandscape({ ...grid, ...size, chains: dots.slice(0, 12) }),
        caption: `${every === 1 ? 'Every draw' : `One of every ${every} draws`} of ${chains <= 12 ? 'each chain' : `12 of ${chains} chains`}.`,
      },
    ],
  };
}
