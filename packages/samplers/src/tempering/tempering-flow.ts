import { EbmError } from '@ebmkit/tensor';

/** How replicas move along a ladder of temperatures. */
export interface TemperingFlow {
  /** The mean probability of a swap of each pair of neighbours, `[rungs - 1]`. */
  readonly swapAcceptance: Float64Array;
  /** Round trips that were finished: how often a replica went from the hottest rung to beta 1 and back, over all chains. */
  readonly roundTrips: number;
  /** Round trips per step of one chain. */
  readonly roundTripRate: number;
  /**
   * The share of replicas at each rung that were last at the hottest rung rather than at beta 1, `[rungs]`: from 1 at the hot end
   * straight down to 0 on an ideal ladder; where it drops, replicas do not get through. Records are made after the swaps of odd pairs, so that
   * neighbouring rungs zigzag about the trend.
   */
  readonly fractionFromHot: Float64Array;
  /**
   * The global communication barrier $`\Lambda`$, the sum of the probabilities that swaps are refused. About $`2 \Lambda`$ rungs are
   * right, and no number of rungs gives more than $`1 / (2 + 2 \Lambda)`$ round trips a swap.
   */
  readonly barrier: number;
}

/** What `sample` records of `parallelTempering`. */
export interface TemperingRecords {
  /** `stats.moves.swapProbability`, `[steps, chains, rungs - 1]`. */
  readonly swapProbability?: ArrayLike<number>;
  /** `stats.moves.replica`, `[steps, chains, rungs]`. */
  readonly replica?: ArrayLike<number>;
}

/** The two ends of the ladder, and neither. */
type End = 'hot' | 'cold' | undefined;

/**
 * How well a run of `parallelTempering` mixed along its ladder: swap acceptance, round trips and the flow of replicas.
 *
 * @param records - `stats.moves` of `sample`; keep every step (`thin: 1`), or trips between are missed.
 * @param chains - How many chains the run had.
 * @returns The flow.
 * @throws EbmError when the records are not those of parallel tempering with so many chains.
 *
 * @example
 * ```ts
 * const { swapAcceptance, roundTrips } = temperingFlow(stats.moves, 16);
 * ```
 * @see Katzgraber, Trebst, Huse and Troyer, "Feedback-optimized parallel tempering Monte Carlo", 2006,
 * https://doi.org/10.1088/1742-5468/2006/03/P03018
 */
export function temperingFlow({ swapProbability, replica }: TemperingRecords, chains: number): TemperingFlow {
  if (!swapProbability || !replica || chains < 1 || replica.length <= swapProbability.length)
    throw new EbmError(
      'argument',
      'temperingFlow: expected the records of parallelTempering, swapProbability and replica. Pass stats.moves of sample.',
    );
  const rows = replica.length - swapProbability.length;
  const rungs = replica.length / rows;
  if (!Number.isInteger(rungs) || rows % chains !== 0)
    throw new EbmError(
      'argument',
      `temperingFlow: ${replica.length} replicas and ${swapProbability.length} swaps do not fit ${chains} chains. Pass the number of chains of the run.`,
    );
  const swapAcceptance = new Float64Array(rungs - 1);
  for (let i = 0; i < swapProbability.length; i++)
    swapAcceptance[i % (rungs - 1)] =
      (swapAcceptance[i % (rungs - 1)] as number) + (swapProbability[i] as number) / rows;
  const { roundTrips, fractionFromHot } = followReplicas(replica, rows / chains, chains, rungs);
  const barrier = swapAcceptance.reduce((sum, p) => sum + (1 - p), 0);
  return { swapAcceptance, roundTrips, roundTripRate: roundTrips / rows, fractionFromHot, barrier };
}

function followReplicas(replica: ArrayLike<number>, steps: number, chains: number, rungs: number) {
  const [fromHot, known] = [new Float64Array(rungs), new Float64Array(rungs)];
  let roundTrips = 0;
  for (let chain = 0; chain < chains; chain++) {
    const last: End[] = Array.from({ length: rungs }, () => undefined);
    const hasBeenCold = Array.from({ length: rungs }, () => false);
    for (let step = 0; step < steps; step++)
      for (let rung = 0; rung < rungs; rung++) {
        const who = replica[(step * chains + chain) * rungs + rung] as number;
        if (rung === 0) {
          if (hasBeenCold[who]) roundTrips++;
          hasBeenCold[who] = false;
          last[who] = 'hot';
        } else if (rung === rungs - 1) {
          if (last[who] === 'hot') hasBeenCold[who] = true;
          last[who] = 'cold';
        }
        if (last[who] === undefined) continue;
        known[rung] = (known[rung] as number) + 1;
        if (last[who] === 'hot') fromHot[rung] = (fromHot[rung] as number) + 1;
      }
  }
  return { roundTrips, fractionFromHot: fromHot.map((count, r) => count / (known[r] as number)) };
}
