/**
 * Neural networks as pure functions: layers whose parameters are trees of tensors, initialisers, and energies made of them.
 *
 * @packageDocumentation
 */
export { elu, gelu, leakyRelu } from './activations.js';
export type { Sizes } from './checks.js';
export { type ClassifierEnergy, classifierEnergy } from './energies/classifier-energy.js';
export { type ConvEnergyOptions, type ConvEnergyParams, convEnergy } from './energies/conv-energy.js';
export { type MlpEnergyOptions, type MlpEnergyParams, mlpEnergy } from './energies/mlp-energy.js';
export type { NeuralEnergy } from './energies/neural-energy.js';
export { constant } from './initialisers/constant.js';
export type { Initialiser } from './initialisers/initialiser.js';
export { orthogonal } from './initialisers/orthogonal.js';
export { truncatedGaussian } from './initialisers/truncated-gaussian.js';
export {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  type VarianceScalingOptions,
  varianceScaling,
  type WeightDistribution,
} from './initialisers/variance-scaling.js';
export { type Activation, type AnyLayer, defineLayer, type Layer, type ParamsOf, type Stage } from './layer.js';
export { type ConvolutionLayerOptions, type ConvolutionParams, convolution } from './layers/convolution.js';
export { type DenseOptions, type DenseParams, dense } from './layers/dense.js';
export { type DropoutOptions, dropout } from './layers/dropout.js';
export { type EmbeddingOptions, type EmbeddingParams, embedding } from './layers/embedding.js';
export { flatten } from './layers/flatten.js';
export { type FourierFeaturesOptions, type FourierFeaturesParams, fourierFeatures } from './layers/fourier-features.js';
export { type GroupNormOptions, groupNorm } from './layers/group-norm.js';
export { type LayerNormOptions, layerNorm, type NormParams } from './layers/layer-norm.js';
export {
  type AttentionInputs,
  type MultiHeadAttention,
  type MultiHeadAttentionOptions,
  type MultiHeadAttentionParams,
  multiHeadAttention,
} from './layers/multi-head-attention.js';
export type { Padding } from './layers/padding.js';
export { averagePool, globalAveragePool, maxPool, type PoolOptions } from './layers/pool.js';
export { type ResidualOptions, type ResidualParams, residual } from './layers/residual.js';
export { type ResidualBlockOptions, type ResidualBlockParams, residualBlock } from './layers/residual-block.js';
export { type SequentialOptions, type SequentialParams, sequential } from './layers/sequential.js';
export { type SinusoidalEmbeddingOptions, sinusoidalEmbedding } from './layers/sinusoidal-embedding.js';
export { transposedConvolution } from './layers/transposed-convolution.js';
export { type UpsampleOptions, upsample } from './layers/upsample.js';
export { outputShape } from './output-shape.js';
export { type SpectralNormOptions, spectralNorm } from './spectral/spectral-norm.js';
export { type SpectralNormalisationOptions, spectrallyNormalised } from './spectral/spectrally-normalised.js';
