import { requireList } from '../chart-size.js';
import { counted } from '../drawable-values.js';

/** Where chains diverged, for pictures that mark it. */
export interface DivergenceOptions {
  /**
   * Which draws came of a move that diverged: 0 or 1 for each step and chain, row-major `[steps, chains]`. They are drawn in
   * the colour of warnings.
   */
  readonly divergences?: ArrayLike<number>;
}

/** Whether a chain diverged at a step. */
export type Diverged = (step: number, chain: number) => boolean;

/** Checks the flags and gives how to look them up, or `undefined` when none is set. */
export function readDivergences(
  where: string,
  { divergences }: DivergenceOptions,
  { steps, chains }: { readonly steps: number; readonly chains: number },
): Diverged | undefined {
  if (divergences === undefined) return undefined;
  requireList(where, 'divergences', divergences);
  if (divergences.length !== steps * chains) {
    throw new RangeError(
      `${where}: divergences must have ${steps} × ${chains} flags, one for each step and chain, got ${divergences.length}. Pass them row-major as [steps, chains].`,
    );
  }
  for (let i = 0; i < divergences.length; i += 1) {
    if (divergences[i]) return (step, chain) => Boolean(divergences[step * chains + chain]);
  }
  return undefined;
}

/** How many draws diverged, in words for a note. */
export function divergenceNote(diverged: Diverged | undefined, steps: number, chains: number): string[] {
  if (!diverged) return [];
  let count = 0;
  for (let step = 0; step < steps; step += 1) {
    for (let chain = 0; chain < chains; chain += 1) if (diverged(step, chain)) count += 1;
  }
  return [`${counted(count, 'draw')} came of a move that diverged, marked in the colour of this note.`];
}
