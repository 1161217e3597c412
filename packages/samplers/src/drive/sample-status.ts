import type { TensorData } from '@ebmkit/tensor';

/**
 * Whether anything is known to be wrong: `diverging` when a move met a number that is NaN or infinite, `stuck` when a chain never
 * accepted a move.
 */
export type SampleStatus = 'ok' | 'diverging' | 'stuck';

/** Statistics of each chain, one entry for each. */
export interface ChainStats {
  /** The share of moves after the warm-up that were accepted, `[chains]`. */
  readonly acceptanceRate: Float64Array;
  /** How many moves, warm-up included, met a number that is NaN or infinite and were refused, `[chains]`. */
  readonly diverged: Int32Array;
  /** The energies of the kept draws, `[steps, chains]`; empty when the target has no energy. */
  readonly energies: Float32Array;
}

/** How many moves a chain made. */
interface Moves {
  /** After the warm-up. */
  readonly after: number;
  /** In all. */
  readonly all: number;
}

/** Statistics and verdict from the counts of a run. */
export function judge(
  accepted: TensorData,
  diverged: TensorData,
  moves: Moves,
  energies: readonly ArrayLike<number>[],
): { readonly stats: ChainStats; readonly status: SampleStatus; readonly message: string } {
  const chains = accepted.length;
  const flat = new Float32Array(energies.length * chains);
  energies.forEach((row, i) => {
    flat.set(row, i * chains);
  });
  const stats = {
    acceptanceRate: Float64Array.from(accepted, (count) => count / moves.after),
    diverged: Int32Array.from(diverged),
    energies: flat,
  };
  const bad = stats.diverged.reduce((a, b) => a + b, 0);
  const chainsWith = stats.diverged.filter((count) => count > 0).length;
  if (bad > 0)
    return {
      stats,
      status: 'diverging',
      message: `${bad} of ${chains * moves.all} moves, in ${chainsWith} of ${chains} chains, met an energy or gradient that is NaN or infinite and were refused. The draws are those of a chain that cannot go there. Use a smaller stepSize, or look for where the energy is not finite.`,
    };
  const stuck = stats.acceptanceRate.filter((rate) => rate === 0).length;
  if (stuck > 0)
    return {
      stats,
      status: 'stuck',
      message: `${stuck} of ${chains} chains accepted none of their ${moves.after} moves after the warm-up. Use a smaller stepSize or start elsewhere.`,
    };
  return { stats, status: 'ok', message: 'No move met a number that is not finite, and every chain moved.' };
}
