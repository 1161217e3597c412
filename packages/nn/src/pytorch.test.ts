import {
  type Backend,
  grad,
  jit,
  mul,
  reference,
  silu,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  withBackend,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Case, difference, differencesFrom, fixtures, type Runnable, upload } from '../fixtures/compare.js';
import {
  averagePool,
  classifierEnergy,
  convEnergy,
  convolution,
  dense,
  elu,
  embedding,
  flatten,
  fourierFeatures,
  gelu,
  globalAveragePool,
  groupNorm,
  layerNorm,
  leakyRelu,
  maxPool,
  mlpEnergy,
  multiHeadAttention,
  residual,
  residualBlock,
  sequential,
  sinusoidalEmbedding,
  spectrallyNormalised,
  transposedConvolution,
  upsample,
} from './index.js';

const size = { channels: 2, filters: 3 };
const many = { iterations: 30 };

const layers: Readonly<Record<string, Runnable>> = {
  dense: dense({ inputs: 3, outputs: 4 }),
  'dense without bias, three axes': dense({ inputs: 3, outputs: 4, bias: false }),
  convolution: convolution({ ...size, window: [3, 2] }),
  'convolution without bias': convolution({ ...size, window: 3, bias: false }),
  'convolution, strides': convolution({ ...size, window: 3, strides: [2, 3] }),
  'convolution, same': convolution({ ...size, window: 3, padding: 'same' }),
  'convolution, same, even window, strides': convolution({ ...size, window: 4, padding: 'same', strides: 2 }),
  'convolution, explicit padding, dilation': convolution({
    ...size,
    window: [3, 2],
    dilation: [2, 3],
    padding: [
      [1, 3],
      [0, 2],
    ],
  }),
  'transposed convolution': transposedConvolution({ ...size, window: [3, 2] }),
  'transposed convolution, strides': transposedConvolution({ ...size, window: [3, 4], strides: [2, 3], bias: false }),
  'transposed convolution, same': transposedConvolution({ ...size, window: 4, strides: 2, padding: 'same' }),
  'transposed convolution, same, odd window': transposedConvolution({
    ...size,
    window: 3,
    strides: 2,
    padding: 'same',
  }),
  'transposed convolution, same, window below stride': transposedConvolution({
    ...size,
    window: 2,
    strides: 3,
    padding: 'same',
  }),
  'transposed convolution, explicit padding, dilation': transposedConvolution({
    ...size,
    window: 3,
    strides: 2,
    dilation: [2, 1],
    padding: [
      [1, 0],
      [2, 2],
    ],
  }),
  'group norm': groupNorm({ channels: 4, groups: 2 }),
  'group norm, one group': groupNorm({ channels: 4, groups: 1 }),
  'group norm, epsilon': groupNorm({ channels: 4, groups: 4, epsilon: 0.1 }),
  'layer norm': layerNorm({ shape: [5] }),
  'layer norm of images': layerNorm({ shape: [3, 2, 2], epsilon: 0.01 }),
  'average pool': averagePool({ window: 2 }),
  'average pool, rest left over': averagePool({ window: [2, 3] }),
  'average pool, overlapping': averagePool({ window: 3, strides: [1, 2] }),
  'average pool, same': averagePool({ window: 3, strides: 2, padding: 'same' }),
  'average pool, explicit padding': averagePool({
    window: 3,
    strides: 2,
    padding: [
      [1, 0],
      [0, 2],
    ],
  }),
  'average pool, gaps': averagePool({ window: 1, strides: 3 }),
  'max pool': maxPool({ window: 2 }),
  'max pool, overlapping': maxPool({ window: 3, strides: [1, 2] }),
  'max pool, same': maxPool({ window: 3, strides: 2, padding: 'same' }),
  'global average pool': globalAveragePool(),
  'upsample, nearest': upsample({ factors: [2, 3] }),
  'upsample, bilinear 2 by 2': upsample({ factors: 2, method: 'bilinear' }),
  'upsample, bilinear 3 by 1': upsample({ factors: [3, 1], method: 'bilinear' }),
  'upsample, bilinear 4 by 5': upsample({ factors: [4, 5], method: 'bilinear' }),
  flatten: flatten(),
  'sinusoidal embedding': sinusoidalEmbedding({ features: 6, scale: 10, maxPeriod: 100 }),
  'fourier features': fourierFeatures({ inputs: 2, features: 6, scale: 0.3 }),
  gelu: { apply: (_, x) => gelu(x) },
  'leaky relu': { apply: (_, x) => leakyRelu({ slope: 0.1 })(x) },
  elu: { apply: (_, x) => elu({ alpha: 1.5 })(x) },
  sequential: sequential([dense({ inputs: 3, outputs: 4 }), silu, dense({ inputs: 4, outputs: 2 })]),
  residual: residual(sequential([dense({ inputs: 3, outputs: 3 }), tanh])),
  'residual with shortcut': residual(dense({ inputs: 3, outputs: 2 }), {
    shortcut: dense({ inputs: 3, outputs: 2, bias: false }),
  }),
  'residual block': residualBlock({ channels: 2 }),
  'residual block, groups, filters, downsample': residualBlock({
    channels: 2,
    filters: 4,
    groups: 2,
    downsample: true,
  }),
  'dense, spectral': spectrallyNormalised(dense({ inputs: 4, outputs: 3 }), { coefficient: 1.5, ...many }),
  'convolution, spectral': spectrallyNormalised(convolution({ ...size, window: 2 }), many),
};

const attentions: Readonly<Record<string, ReturnType<typeof multiHeadAttention>>> = {
  attention: multiHeadAttention({ features: 4, heads: 2 }),
  'attention without bias': multiHeadAttention({ features: 4, heads: 4, bias: false }),
  'attention, context and mask': multiHeadAttention({ features: 4, heads: 2, contextFeatures: 6 }),
};

const asLayer = ({ energy }: { readonly energy: Runnable['apply'] }): Runnable => ({ apply: energy });
const energies: Readonly<Record<string, Runnable>> = {
  mlp: asLayer(mlpEnergy({ eventShape: [4], hidden: [5, 3] })),
  'mlp, tanh, images, spectral': asLayer(
    mlpEnergy({ eventShape: [2, 3, 1], hidden: [4], activation: tanh, spectral: many }),
  ),
  'mlp without hidden layers': asLayer(mlpEnergy({ eventShape: [3], hidden: [] })),
  conv: asLayer(convEnergy({ eventShape: [5, 8, 2], filters: [3, 2, 2] })),
  classifier: asLayer(
    classifierEnergy(sequential([dense({ inputs: 3, outputs: 5 }), tanh, dense({ inputs: 5, outputs: 4 })])),
  ),
};

it('covers every fixture', () => {
  const names = (cases: readonly Case[]) => cases.map(({ name }) => name).sort();
  expect(Object.keys(layers).sort()).toEqual(names(fixtures.layers));
  expect(Object.keys(attentions).sort()).toEqual(names(fixtures.attentions));
  expect(Object.keys(energies).sort()).toEqual(names([...fixtures.energies, fixtures.classifier]));
});

const cases = [...fixtures.layers, ...fixtures.attentions, ...fixtures.energies, fixtures.classifier];
const runnable = (name: string): Runnable => ({ ...layers, ...attentions, ...energies })[name] as Runnable;

describe.each([
  ['the reference backend in float64', () => reference({ precision: 'float64' }), 1e-8],
  ['the compiled backend', () => wasm({ threads: 1 }), 3e-4],
  ['TensorFlow.js wasm', () => tfjs('wasm'), 3e-4],
] as const)('equal to PyTorch on %s', (_, make, tolerance) => {
  const made: { backend?: Backend } = {};
  beforeAll(async () => {
    made.backend = await make();
  });

  it.each(cases)('$name', (fixture) => {
    const far = differencesFrom(fixture, runnable(fixture.name), made.backend as Backend);
    expect(far.output).toBeLessThan(tolerance / 10);
    expect(far.first).toBeLessThan(tolerance);
    expect(far.second).toBeLessThan(tolerance);
    expect(far.compiled).toBeLessThan(tolerance === 1e-8 ? 1e-15 : 1e-5);
  });

  it('embedding', () => {
    const { weight, labels, output, first } = fixtures.embedding;
    withBackend(made.backend as Backend, () => {
      const layer = embedding({ classes: 4, features: 3 });
      const x = tensor(labels, [labels.length], 'int32');
      const params = { weight: upload(weight) as Tensor };
      const loss = jit((p: typeof params) => {
        const y = layer.apply(p, x);
        return mul(sum(mul(y, square(y))), 1 / 3);
      });
      expect(difference([layer.apply(params, x)], [output])).toBeLessThan(tolerance / 10);
      expect(difference([grad(loss)(params).weight], [first])).toBeLessThan(tolerance);
      loss.clear();
    });
  });
});
