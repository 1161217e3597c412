import { bulkEss, meanMcse, rHat } from '@ebmkit/diagnostics';

/** The draws of all chains in order: `[draws, chains, scalars]`. */
export interface Drawn {
  /** The numbers. */
  readonly values: Float32Array;
  /** How many there are. */
  readonly shape: readonly [draws: number, chains: number, scalars: number];
}

/** An expectation that is known exactly. */
export interface KnownMoment {
  /** Which scalar. */
  readonly scalar: number;
  /** To which power: 1 for the mean, 2 for the mean square. */
  readonly power: 1 | 2;
  /** What it is. */
  readonly expected: number;
}

/** What the draws are worth. */
export interface Verdict {
  /** The least bulk effective sample size over the scalars. */
  readonly ess: number;
  /** The largest R-hat over the scalars. */
  readonly rHat: number;
  /** The largest distance of a moment from what is known, in Monte Carlo standard errors. */
  readonly worstMoment: number;
}

/** The draws of one scalar, chain by chain. */
export function chainsOfScalar({ values, shape: [draws, chains, scalars] }: Drawn, scalar: number): Float64Array[] {
  return Array.from({ length: chains }, (_, chain) =>
    Float64Array.from({ length: draws }, (__, draw) => values[(draw * chains + chain) * scalars + scalar] as number),
  );
}

/** Mean and squares of every coordinate of a target that is centred at 0 with these variances. */
export function centredMoments(variances: readonly number[]): KnownMoment[] {
  return variances.flatMap((variance, scalar): KnownMoment[] => [
    { scalar, power: 1, expected: 0 },
    { scalar, power: 2, expected: variance },
  ]);
}

function distanceOf(drawn: Drawn, { scalar, power, expected }: KnownMoment): number {
  const chains = chainsOfScalar(drawn, scalar).map((chain) => chain.map((x) => x ** power));
  const [draws, count] = drawn.shape;
  const mean = chains.reduce((total, chain) => total + chain.reduce((a, b) => a + b, 0), 0) / (draws * count);
  const error = meanMcse(chains);
  return error > 0 ? Math.abs(mean - expected) / error : Number.POSITIVE_INFINITY;
}

/** Judges draws by their effective size, the agreement of their chains, and what is known of the target. */
export function judgeDraws(drawn: Drawn, known: readonly KnownMoment[]): Verdict {
  const scalars = Array.from({ length: drawn.shape[2] }, (_, scalar) => chainsOfScalar(drawn, scalar));
  return {
    ess: Math.min(...scalars.map((chains) => bulkEss(chains))),
    rHat: Math.max(...scalars.map((chains) => rHat(chains))),
    worstMoment: Math.max(...known.map((moment) => distanceOf(drawn, moment))),
  };
}
