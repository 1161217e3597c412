import type { Workload } from '../workload.js';
import { gradientDescentSampler, nesterovSampler } from './descent-samplers.js';
import { hmcSampler } from './hmc-sampler.js';
import { isingGibbs } from './ising-gibbs.js';
import { isingLattice } from './ising-lattice.js';
import { langevinSampler } from './langevin-sampler.js';
import { contrastiveDivergenceLoss, denoisingScoreMatchingLoss, slicedScoreMatchingLoss } from './losses.js';
import { matrixProduct } from './matrix-product.js';
import { maxCut } from './max-cut.js';
import { eulerMaruyama, heun, leapfrog, rungeKutta } from './mlp-integrators.js';
import { mlpLangevin } from './mlp-langevin.js';
import { nutsCorrelatedGaussian, nutsEightSchools } from './nuts-sampler.js';
import { pottsGibbs } from './potts-gibbs.js';
import { rbmContrastiveDivergence } from './rbm-contrastive-divergence.js';
import { rbmPersistent } from './rbm-persistent.js';
import { rbmUpPass } from './rbm-up-pass.js';
import { sparseGibbs } from './sparse-gibbs.js';
import { standardNormals } from './standard-normals.js';

/** Every workload, in the order of the report. */
export const workloads: readonly Workload[] = [
  langevinSampler,
  hmcSampler,
  gradientDescentSampler,
  nesterovSampler,
  contrastiveDivergenceLoss,
  denoisingScoreMatchingLoss,
  slicedScoreMatchingLoss,
  eulerMaruyama,
  heun,
  leapfrog,
  rungeKutta,
  mlpLangevin,
  standardNormals,
  matrixProduct,
  rbmUpPass,
  rbmContrastiveDivergence,
  rbmPersistent,
  isingGibbs,
  pottsGibbs,
  maxCut,
  sparseGibbs,
  isingLattice,
  nutsEightSchools,
  nutsCorrelatedGaussian,
];
