import { langevin, repeat } from '@ebmkit/samplers';
import {
  add,
  concat,
  div,
  free,
  jit,
  jvp,
  type Key,
  key,
  mean,
  mul,
  normal,
  rademacher,
  readSync,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  tensorsOf,
  valueAndGrad,
} from '@ebmkit/tensor';
import { normals } from '../inputs.js';
import { estimateOf } from '../statistics.js';
import { type Prepared, type Workload, workload } from '../workload.js';
import { energyGradient } from './energy-gradient.js';
import { type MlpParameters, mlpEnergy, mlpParameters, mlpPassFlops, mlpWeights } from './mlp-energy.js';

/** How much work one loss is. */
type LossSize = {
  /** Rows of the batch. */
  readonly batch: number;
  /** Coordinates of a state. */
  readonly dim: number;
};

const scales = [
  { size: 'small', parameters: { batch: 64, dim: 8 } },
  { size: 'medium', parameters: { batch: 256, dim: 32 } },
  { size: 'large', parameters: { batch: 1024, dim: 128 } },
] as const;

type Loss = (parameters: MlpParameters, data: Tensor, key: Key) => Tensor;

const judgedEvaluations = 40;

/** A loss with its gradient in all weights, as one compiled function. */
function prepareLoss(loss: Loss, { batch, dim }: LossSize, weights: Float32Array, values: Float32Array): Prepared {
  const parameters = mlpParameters(dim, weights);
  const data = tensor(values, [batch, dim]);
  const step = jit((p: MlpParameters, x: Tensor, k: Key) => valueAndGrad(loss)(p, x, k));
  const norm = jit((gradient: MlpParameters) =>
    tensorsOf(gradient)
      .map((g) => sum(square(g)))
      .reduce((a, b) => add(a, b)),
  );
  let seed = 1;
  return {
    run: () => free(step(parameters, data, key(seed++))),
    quality: () => {
      const rows = Array.from({ length: judgedEvaluations }, () => {
        const { value, grad: gradient } = step(parameters, data, key(seed++));
        const squares = norm(gradient);
        const row = [readSync(value)[0] as number, readSync(squares)[0] as number] as const;
        free([value, gradient, squares]);
        return row;
      });
      return {
        loss: estimateOf(rows.map(([value]) => value)),
        gradientSquare: estimateOf(rows.map(([, squares]) => squares)),
      };
    },
    release: () => {
      step.clear();
      norm.clear();
      free([parameters, data]);
    },
  };
}

function lossWorkload(name: string, title: string, passes: number, loss: Loss): Workload {
  return workload<LossSize>({
    name,
    group: 'Losses of an energy network, forward and backward',
    title,
    rows: scales,
    tiny: { batch: 16, dim: 3 },
    peers: ['torchebm'],
    inputs: ({ batch, dim }) => ({ data: normals(41, batch * dim), weights: mlpWeights(dim) }),
    prepare: (size, { data, weights }) => prepareLoss(loss, size, weights as Float32Array, data as Float32Array),
    demand: ({ batch, dim }) => ({ flops: passes * mlpPassFlops(batch, dim) }),
    throughput: ({ batch, dim }) => ({ unit: 'GFLOP/s', perRun: (passes * mlpPassFlops(batch, dim)) / 1e9 }),
    agreed: { loss: 1e-3, gradientSquare: 1e-2 },
  });
}

/** Ten Langevin steps of two passes each; then forward, and backward in the weights, of data and negatives. */
export const contrastiveDivergenceLoss = lossWorkload(
  'contrastive-divergence-loss',
  'Contrastive divergence, 10 Langevin steps of 0.01',
  10 * 2 + 2 * 3,
  (parameters, data, k) => {
    const energy = (x: Tensor): Tensor => mlpEnergy(parameters, x);
    const fixed = stopGradient(parameters);
    const chain = repeat(langevin<Tensor>({ energy: (x) => mlpEnergy(fixed, x) }, { stepSize: 1e-2 }), 10);
    const negatives = stopGradient(chain.step(k, chain.init(data, k)).state.position);
    const [ofData, ofModel] = [energy(data), energy(negatives)];
    const size = add(mean(square(ofData)), mean(square(ofModel)));
    return add(sub(mean(ofData), mean(ofModel)), mul(size, 1e-3));
  },
);

const noiseScale = 0.01;

/** Forward, slope, and the way back through both. */
export const denoisingScoreMatchingLoss = lossWorkload(
  'denoising-score-matching-loss',
  'Denoising score matching, sigma 0.01',
  2 + 4,
  (parameters, data, k) => {
    const noise = mul(normal(k, data.shape), noiseScale);
    const { gradient } = energyGradient((x) => mlpEnergy(parameters, x), add(data, noise));
    return mul(mean(sum(square(sub(gradient, div(noise, noiseScale ** 2))), 1)), 0.5);
  },
);

const projections = 5;

/**
 * Score and curvature along five random directions for each datum: the first and second derivative of the energy on a line, forward,
 * so that only the weights are differentiated backward. Thirteen products where going back and back again takes twenty-four.
 */
export const slicedScoreMatchingLoss = lossWorkload(
  'sliced-score-matching-loss',
  'Sliced score matching, 5 Rademacher projections',
  projections * (13 / 2),
  (parameters, data, k) => {
    const tiled = concat(Array.from({ length: projections }, () => data));
    const directions = rademacher(k, tiled.shape);
    const slope = (x: Tensor): Tensor => jvp((z) => mlpEnergy(parameters, z), x, directions).tangent;
    const { value: along, tangent: curvature } = jvp(slope, tiled, directions);
    return mean(sub(mul(square(along), 0.5), curvature));
  },
);
