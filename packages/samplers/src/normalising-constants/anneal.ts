import {
  add,
  cast,
  fold,
  free,
  type Key,
  read,
  retire,
  scoped,
  split,
  sub,
  sum,
  type Tensor,
  type Tree,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { chainsOf } from '../kernel/position.js';
import type { AnnealingPath } from '../tempering/annealing-path.js';

/** Steps between two reads of the log weights, which are then summed in double precision. */
const stepsBetweenReads = 64;

/** One step of a chain along a path. */
export type Advance<P> = (
  key: Key,
  x: P,
  from: Tensor,
  to: Tensor,
) => { readonly x: P; readonly logWeight: Tensor; readonly diverged: Tensor };

/** The weight of going from one distribution to the next, and a move within the next one. */
export function advanceAlong<P extends Tree, S extends { readonly position: P }>(
  path: AnnealingPath<P, S>,
): Advance<P> {
  return (key, x, from, to) => {
    const next = path(to);
    const logWeight = sub(path(from).energy(x), next.energy(x));
    const [initKey, stepKey] = split(key, 2);
    const { state, info } = next.kernel.step(stepKey, next.kernel.init(x, initKey));
    return { x: state.position, logWeight, diverged: sum(cast(info.diverged, 'int32')) };
  };
}

/** What a chain of annealing carries from step to step. */
type Step = { readonly x: Tree; readonly sums: Tensor; readonly bad: Tensor };

/** Anneals chains along a ladder and gives their log weights. */
export async function anneal<P extends Tree>(
  advance: Advance<P>,
  start: P,
  ladder: readonly number[],
  key: Key,
  between: (step: number) => Promise<void> | undefined,
): Promise<{ readonly logWeights: Float64Array; readonly diverged: number }> {
  const chains = chainsOf('annealedImportanceSampling', start);
  const logWeights = new Float64Array(chains);
  let diverged = 0;
  let { x, sums, bad }: Step = { x: start, sums: zeros([chains]), bad: zeros([], 'int32') };
  const collect = async (): Promise<void> => {
    (await read(sums)).forEach((w, i) => {
      logWeights[i] = (logWeights[i] as number) + w;
    });
    diverged += (await read(bad))[0] as number;
    free([sums, bad]);
    sums = zeros([chains]);
    bad = zeros([], 'int32');
  };
  try {
    for (let k = 1; k < ladder.length; k++) {
      const next: Step = scoped<Step>(() => {
        const [from, to] = [tensor(ladder[k - 1] as number), tensor(ladder[k] as number)];
        const move = advance(fold(key, k), x as P, from, to);
        return { x: move.x, sums: add(sums, move.logWeight), bad: add(bad, move.diverged) };
      });
      retire([x, sums, bad], [next, start]);
      ({ x, sums, bad } = next);
      if (k % stepsBetweenReads === 0) await collect();
      await between(k);
    }
    await collect();
  } finally {
    retire([x, sums, bad], start);
  }
  return { logWeights, diverged };
}
