/**
 * Backend-agnostic tensors for energy-based models: operations, autodiff of every order, tracing, scopes and keyed random draws.
 *
 * @packageDocumentation
 */
export { activeBackend, useBackend, withBackend } from './active-backend.js';
export type { Backend, BackendInput, Executable, Handle } from './backend.js';
export type { ConvolutionAttributes, Pair } from './convolution-geometry.js';
export { definePrimitive, type PrimitiveDefinition, type PrimitiveInputs } from './define-primitive.js';
export type { DType, TensorData, TensorType } from './dtype.js';
export { BackendError, DivergedError, EbmError, type ErrorCode, FormatError, ShapeError } from './errors.js';
export { explain } from './explain.js';
export { grad, hvp, jvp, valueAndGrad, valueGradAux, vjp } from './grad.js';
export {
  attributesText,
  type Graph,
  type GraphConstant,
  type GraphNode,
  type GraphOperand,
  isVariable,
  numberText,
  printGraph,
  type Variable,
} from './graph.js';
export { type Jitted, jit } from './jit.js';
export { jitWhile, type WhileParts } from './jit-while.js';
export { fold, isKey, type Key, key, keyFromWords, split, type Tuple } from './key.js';
export { detectLeaks, type Leak } from './leak-detector.js';
export * from './ops/arithmetic.js';
export { cast } from './ops/cast.js';
export * from './ops/composites.js';
export { type ConvolutionOptions, conv2d } from './ops/convolution.js';
export {
  full,
  type NestedNumbers,
  ones,
  onesLike,
  range,
  read,
  readSync,
  tensor,
  toBackend,
  zeros,
  zerosLike,
} from './ops/creation.js';
export * from './ops/elementwise.js';
export * from './ops/indexing.js';
export * from './ops/manipulation.js';
export { type MatMulOptions, matMul } from './ops/matmul.js';
export * from './ops/random.js';
export { type Axes, argMax, max, min, restoreAxes, sum, sumTo } from './ops/reduction.js';
export { silu } from './ops/silu.js';
export { makePacer, type Pacer, type Progress } from './pacer.js';
export { fromPlain, isPlainTensor, type Plain, type PlainTensor, toPlain, type Uploaded } from './plain.js';
export type {
  Attributes,
  Derivative,
  DerivativeContext,
  Kernels,
  Literal,
  Operand,
  Primitive,
  TensorLike,
} from './primitive.js';
export { fillGamma, fillNormal, fillUniform } from './random/distributions.js';
export { bitsOf } from './random/streams.js';
export { threefry } from './random/threefry.js';
export { primitiveNames, type ReferenceOptions, reference } from './reference/reference.js';
export { free, isFreed, keep, memory, retire, scoped } from './scope.js';
export type { Shape } from './shape.js';
export { broadcastShapes, sizeOf } from './shape.js';
export { isTensor, type Tensor } from './tensor.js';
export { trace } from './trace.js';
export { type Leaf, leavesOf, mapLeaves, mapTree, structureOf, type Tree, tensorsOf } from './tree.js';
