import { EbmError, fold, type Key } from '@ebmkit/tensor';

/** Halvings or doublings after which the search gives up. */
const mostTrials = 60;

/**
 * A step size of the right order: it is halved or doubled, from positions that stay where they are, until the mean acceptance
 * probability of one move crosses the wanted one.
 *
 * @param acceptanceOf - The mean acceptance probability of one move from there.
 * @param key - Each trial gets its own.
 * @param first - Where the search begins.
 * @param wanted - The acceptance to cross.
 * @returns The first step size beyond the crossing.
 * @throws EbmError when no step size is accepted.
 * @see Hoffman and Gelman, "The No-U-Turn Sampler", 2014, algorithm 4, https://arxiv.org/abs/1111.4246
 */
export function initialStepSize(
  acceptanceOf: (key: Key, stepSize: number) => number,
  key: Key,
  first: number,
  wanted: number,
): number {
  const isAccepted = (trial: number, stepSize: number): boolean => acceptanceOf(fold(key, trial), stepSize) > wanted;
  const grows = isAccepted(0, first);
  let stepSize = first;
  for (let trial = 1; trial <= mostTrials; trial++) {
    stepSize *= grows ? 2 : 0.5;
    if (isAccepted(trial, stepSize) !== grows) return stepSize;
  }
  if (grows) return stepSize;
  throw new EbmError(
    'argument',
    `warmUp: expected a start from which small moves are accepted, got none accepted down to a step size of ${stepSize}. See whether the energy and its gradient are finite where the chains begin.`,
  );
}
