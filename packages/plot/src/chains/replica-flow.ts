/** How replicas travel over a ladder of temperatures. */
export interface ReplicaFlow {
  /** The rung that each replica is on after each step, one list for each replica. */
  readonly rungs: readonly Float64Array[];
  /** Round trips that all replicas have completed up to each step. */
  readonly trips: Float64Array;
  /**
   * For each rung, of the visits by replicas that have been at an end, the share that was at the target last; 1 at the target,
   * 0 at the hottest rung, NaN where no such replica came.
   */
  readonly fractions: Float64Array;
}

/**
 * Follows replicas over the ladder.
 *
 * A round trip is complete when a replica that started at the target (rung 0) has been at the hottest rung and is back. The
 * fraction is the f of Katzgraber, Trebst, Huse and Troyer 2006 (doi:10.1088/1742-5468/2006/03/P03018): where it falls
 * steeply is the bottleneck of the ladder, and it is a straight line for the ladder that makes the most round trips.
 *
 * @param replicaAt - the replica at each rung after each step, row-major `[steps, rungs]`
 */
export function replicaFlow(replicaAt: ArrayLike<number>, steps: number, rungs: number): ReplicaFlow {
  const paths = Array.from({ length: rungs }, () => new Float64Array(steps));
  const trips = new Float64Array(steps);
  const last = new Int8Array(rungs);
  const onWayBack = new Uint8Array(rungs);
  const [visits, fromTarget] = [new Float64Array(rungs), new Float64Array(rungs)];
  let completed = 0;
  for (let step = 0; step < steps; step += 1) {
    for (let rung = 0; rung < rungs; rung += 1) {
      const replica = replicaAt[step * rungs + rung] as number;
      const path = paths[replica];
      if (path) path[step] = rung;
      if (rung === 0) {
        if (onWayBack[replica]) completed += 1;
        onWayBack[replica] = 0;
        last[replica] = 1;
      } else if (rung === rungs - 1) {
        if (last[replica] === 1) onWayBack[replica] = 1;
        last[replica] = -1;
      }
      if (last[replica] === 0) continue;
      visits[rung] = (visits[rung] as number) + 1;
      if (last[replica] === 1) fromTarget[rung] = (fromTarget[rung] as number) + 1;
    }
    trips[step] = completed;
  }
  const fractions = fromTarget.map((count, rung) => count / (visits[rung] as number));
  return { rungs: paths, trips, fractions };
}
