import { type ContinuousEnergy, funnel, gaussianMixture } from '@ebmkit/energy';
import { correlatedGaussian } from '../workloads/correlated-gaussian.js';
import { eightSchools, eightSchoolsMeans } from '../workloads/eight-schools.js';
import { centredMoments, type KnownMoment } from './judge-draws.js';

/** A distribution over real states that is to be drawn from. */
export interface ContinuousTarget {
  /** Its name on the command line and in names of files. */
  readonly name: string;
  /** What it is, in a heading. */
  readonly title: string;
  /** Its energy. */
  readonly energy: ContinuousEnergy;
  /** How many coordinates it has. */
  readonly size: number;
  /** The spread of the points at which chains begin. */
  readonly startScale: number;
  /** What is known of it. */
  readonly known: readonly KnownMoment[];
  /** The most numbers that are kept of all draws, lest diagnostics take longer than sampling. */
  readonly mostNumbers: number;
  /** Leapfrog steps that make about a quarter of a period along its longest axis. */
  readonly leapfrogSteps: number;
}

/** How far the two modes are from 0 along the first coordinate. */
const [near, far] = [8 / 3, -16 / 3];

/** Two modes eight standard deviations apart, the nearer one twice as likely, so that the mean is 0. */
function twoModes(): ContinuousTarget {
  const rest = Array.from({ length: 9 }, () => 0);
  const components = [
    { mean: [near, ...rest], weight: 2 },
    { mean: [far, ...rest], weight: 1 },
  ];
  return {
    name: 'two-modes',
    title: 'Two modes eight standard deviations apart, 10 dimensions',
    energy: gaussianMixture({ components }),
    size: 10,
    startScale: 4,
    known: centredMoments([1 + (2 * near ** 2 + far ** 2) / 3, ...rest.map(() => 1)]),
    mostNumbers: 2.5e6,
    leapfrogSteps: 3,
  };
}

/** The targets of the table. */
export function continuousTargets(): ContinuousTarget[] {
  const { mu, logTau } = eightSchoolsMeans();
  return [
    {
      name: 'gaussian',
      title: 'Gaussian with correlations 0.9 between neighbours, 100 dimensions',
      energy: correlatedGaussian(100),
      size: 100,
      startScale: 1,
      known: centredMoments(Array.from({ length: 100 }, () => 1)),
      mostNumbers: 1e7,
      leapfrogSteps: 20,
    },
    {
      name: 'eight-schools',
      title: 'Eight schools, non-centred, 10 dimensions',
      energy: eightSchools(false),
      size: 10,
      startScale: 1,
      known: [
        { scalar: 0, power: 1, expected: mu },
        { scalar: 1, power: 1, expected: logTau },
      ],
      mostNumbers: 2.5e6,
      leapfrogSteps: 3,
    },
    {
      name: 'funnel',
      title: "Neal's funnel, 10 dimensions",
      energy: funnel(),
      size: 10,
      startScale: 1,
      // The coordinates beside the log variance have tails too heavy for their squares to be judged by.
      known: centredMoments([9]),
      mostNumbers: 2.5e6,
      leapfrogSteps: 10,
    },
    twoModes(),
  ];
}
