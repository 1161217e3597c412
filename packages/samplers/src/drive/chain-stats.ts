import { read, type Tensor, type Tree } from '@ebmkit/tensor';
import type { CountedState } from './counted.js';

/** Statistics of each chain, one entry for each. */
export interface ChainStats {
  /** The share of moves after the warm-up that were accepted, `[chains]`. */
  readonly acceptanceRate: Float64Array;
  /** The mean probability with which moves after the warm-up were accepted, `[chains]`: less noisy than their share. */
  readonly acceptanceProbability: Float64Array;
  /** How many moves, warm-up included, met a number that is NaN or infinite and were refused, `[chains]`. */
  readonly diverged: Int32Array;
  /** The energies of the kept draws, `[steps, chains]`; empty when the target has no energy. */
  readonly energies: Float32Array;
  /**
   * What else the kernel reported of the moves that led to the kept draws, each `[steps, chains]`: the `treeDepth` and
   * `integrationSteps` of NUTS, the `energyError` of Hamiltonian kernels.
   */
  readonly moves: Readonly<Record<string, Float32Array>>;
}

/** Collects numbers of each chain at each kept draw. */
export interface ChainRecorder {
  /** Copies the energies and the further reports of one move. */
  readonly add: (energies: ArrayLike<number> | undefined, info: Readonly<Record<string, unknown>>) => Promise<void>;
  /** The statistics, with the counts that the state has kept. */
  readonly stats: (state: CountedState<Tree, unknown>, movesAfterWarmup: number) => Promise<ChainStats>;
}

/** The reports that are counted instead of kept. */
const counted = new Set(['accepted', 'acceptanceProbability', 'diverged']);

/** A recorder. */
export function makeChainRecorder(): ChainRecorder {
  const energies: ArrayLike<number>[] = [];
  const moves = new Map<string, ArrayLike<number>[]>();
  return {
    add: async (now, info) => {
      if (now) energies.push(now);
      const further = Object.entries(info).filter(([name]) => !counted.has(name));
      await Promise.all(
        further.map(async ([name, values]) => {
          const rows = moves.get(name) ?? [];
          moves.set(name, rows);
          rows.push(await read(values as Tensor));
        }),
      );
    },
    stats: async ({ accepted, probability, diverged }, movesAfterWarmup) => ({
      acceptanceRate: Float64Array.from(await read(accepted), (count) => count / movesAfterWarmup),
      acceptanceProbability: Float64Array.from(await read(probability), (total) => total / movesAfterWarmup),
      diverged: Int32Array.from(await read(diverged)),
      energies: joined(energies),
      moves: Object.fromEntries([...moves].map(([name, rows]) => [name, joined(rows)])),
    }),
  };
}

function joined(rows: readonly ArrayLike<number>[]): Float32Array {
  const length = rows[0]?.length ?? 0;
  const flat = new Float32Array(rows.length * length);
  rows.forEach((row, i) => {
    flat.set(row, i * length);
  });
  return flat;
}
