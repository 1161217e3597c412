import type { SampledArray } from '@ebmkit/diagnostics';
import { type ReplicaFlow, replicaFlow } from './replica-flow.js';

/** The records of a tempering run, whichever way its ladder was counted. */
export interface LadderRecords {
  /** Inverse temperatures, either way. */
  readonly betas: ArrayLike<number>;
  /** Acceptance between neighbours, in the order of the betas. */
  readonly acceptance?: ArrayLike<number> | undefined;
  /** Replicas, `[steps, rungs]` or `[steps, chains, rungs]`, checked. */
  readonly replicas?: SampledArray | undefined;
}

/** The same from the target to the hottest rung, with the replicas of all chains followed. */
export interface LadderFromTarget {
  /** Inverse temperatures. */
  readonly betas: readonly number[];
  /** Acceptance between neighbours. */
  readonly acceptance: readonly number[] | undefined;
  /** Round trips and fractions of all chains, and the paths of the first. */
  readonly flow: ReplicaFlow | undefined;
}

/** The replicas of one chain, `[steps, rungs]`, turned about where the ladder rises. */
function chainReplicas({ data, shape }: SampledArray, chain: number, rises: boolean): Float64Array {
  const [steps, rungs] = [shape[0] as number, shape.at(-1) as number];
  const chains = shape.length === 3 ? (shape[1] as number) : 1;
  return Float64Array.from({ length: steps * rungs }, (_, i) => {
    const [step, rung] = [Math.floor(i / rungs), i % rungs];
    return data[(step * chains + chain) * rungs + (rises ? rungs - 1 - rung : rung)] as number;
  });
}

function meanOf(values: readonly number[]): number {
  const known = values.filter((x) => !Number.isNaN(x));
  return known.reduce((a, b) => a + b, 0) / known.length;
}

/** Brings the records of a ladder into one order. */
export function ladderFromTarget({ betas, acceptance, replicas }: LadderRecords): LadderFromTarget {
  const rises = (betas[0] as number) < (betas[betas.length - 1] as number);
  const turned = (list: ArrayLike<number>): number[] => (rises ? Array.from(list).reverse() : Array.from(list));
  const base = { betas: turned(betas), acceptance: acceptance && turned(acceptance) };
  if (!replicas) return { ...base, flow: undefined };
  const [steps, rungs] = [replicas.shape[0] as number, betas.length];
  const chains = replicas.shape.length === 3 ? (replicas.shape[1] as number) : 1;
  const flows = Array.from({ length: chains }, (_, chain) =>
    replicaFlow(chainReplicas(replicas, chain, rises), steps, rungs),
  );
  const [first] = flows as [ReplicaFlow];
  return {
    ...base,
    flow: {
      rungs: first.rungs,
      trips: first.trips.map((_, step) => flows.reduce((total, { trips }) => total + (trips[step] as number), 0)),
      fractions: first.fractions.map((_, rung) => meanOf(flows.map(({ fractions }) => fractions[rung] as number))),
    },
  };
}
