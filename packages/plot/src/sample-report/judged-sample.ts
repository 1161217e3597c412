import { type NamedDraws, namedDraws } from '@ebmkit/diagnostics';
import type { Verdict } from '../draws/concern.js';
import { byConcern, type Parameter, readParameters } from '../draws/parameter-set.js';
import type { ReportedSample } from './reported-sample.js';

/** A sampling run whose scalars have been judged, each once. */
export interface JudgedSample {
  /** The run as it came. */
  readonly result: ReportedSample;
  /** The arrays of its draws. */
  readonly leaves: readonly NamedDraws[];
  /** The scalars, from the one that gives most concern to the one that gives least. */
  readonly scalars: readonly Parameter[];
  /** Number of draws of each chain. */
  readonly steps: number;
  /** Number of chains. */
  readonly chains: number;
}

/** Judges every scalar of a run, or of those that were asked for. */
export function judgeSample(
  result: ReportedSample,
  { parameters, name }: { readonly parameters?: readonly string[] | undefined; readonly name?: string | undefined },
): JudgedSample {
  const wanted = { ...(parameters && { parameters }), ...(name !== undefined && { name }) };
  const all = { draws: result.draws, maxParameters: Number.MAX_SAFE_INTEGER, ...wanted };
  const { shown, steps, chains } = readParameters('sampleReport', all, 1);
  return { result, leaves: namedDraws(result.draws, name), scalars: byConcern(shown), steps, chains };
}

/** The scalar that is worst by a figure, leaving out those of which the figure is unknown or that never move. */
export function worstBy({ scalars }: JudgedSample, badness: (verdict: Verdict) => number): Parameter | undefined {
  let worst: Parameter | undefined;
  for (const scalar of scalars) {
    const figure = badness(scalar.verdict());
    if (scalar.verdict().constant || Number.isNaN(figure)) continue;
    if (!worst || figure > badness(worst.verdict())) worst = scalar;
  }
  return worst;
}
