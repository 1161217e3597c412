import { type BackendInput, type Shape, sizeOf, type TensorType } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { groupBroadcast } from './axis-groups.js';
import { spread } from './broadcast.js';
import { type Device, operand } from './device.js';
import { type Kernel, maximumRank, plainShape } from './kernel.js';
import { floatsOnWebgpu } from './webgpu-program.js';

type Pair = readonly [TensorInfo, TensorInfo];

/** Two operands under shapes of few axes that broadcast against each other. */
export function broadcastOperands(device: Device, a: BackendInput, b: BackendInput, output: Shape): Pair {
  const [left, right] = [a, b].map((input) => (input as BackendInput & { kind: 'tensor' }).shape) as [Shape, Shape];
  const plain = plainShape(device, output);
  const size = sizeOf(output);
  const [isLeftWhole, isRightWhole] = [sizeOf(left) === size, sizeOf(right) === size];
  if (isLeftWhole && isRightWhole && size !== 1) return [operand(device, a, plain), operand(device, b, plain)];
  if (isLeftWhole && sizeOf(right) === 1) return [operand(device, a, plain), operand(device, b, [])];
  if (isRightWhole && sizeOf(left) === 1) return [operand(device, a, []), operand(device, b, plain)];
  const [short, shorter] = groupBroadcast(left, right, output);
  if (short.length <= maximumRank) return [operand(device, a, short), operand(device, b, shorter)];
  return [device.view(spread(device, a, output), plain), device.view(spread(device, b, output), plain)];
}

/** A kernel of TensorFlow.js with operands `a` and `b`. */
function binary(kernel: string): Kernel {
  return (device, [left, right], _, output) => {
    const [a, b] = broadcastOperands(device, left as BackendInput, right as BackendInput, output.shape);
    return device.call(kernel, { a, b });
  };
}

/** Bool operands as int32, for kernels that know only numbers. */
function withoutBools(kernel: string): Kernel {
  const run = binary(kernel);
  return (device, inputs, attributes, output) => {
    const whole = inputs.map((input): BackendInput => {
      if (input.kind === 'key' || input.dtype !== 'bool') return input;
      if (input.kind === 'literal') return { ...input, dtype: 'int32' };
      const handle = device.call('Cast', { x: operand(device, input) }, { dtype: 'int32' });
      return { ...input, handle, dtype: 'int32' };
    });
    return run(device, whole, attributes, output);
  };
}

/** A literal that is not NaN cannot make the result NaN. */
function mayBeNaN(input: BackendInput | undefined): boolean {
  return input?.kind === 'tensor' || (input?.kind === 'literal' && Number.isNaN(input.value));
}

/** `minimum` and `maximum` in which NaN wins: kernels that compare give the other side. */
function withNaN(kernel: string): Kernel {
  const run = binary(kernel);
  return (device, inputs, attributes, output) => {
    const [a, b] = inputs as [BackendInput, BackendInput];
    let result = run(device, inputs, attributes, output);
    if (output.dtype !== 'float32') return result;
    for (const side of [a, b]) {
      if (!mayBeNaN(side)) continue;
      const value = device.view(spread(device, side, output.shape), plainShape(device, output.shape));
      const condition = device.call('NotEqual', { a: value, b: value });
      result = choose(device, condition, value, device.view(result, value.shape));
    }
    return result;
  };
}

/** Elementwise choice between tensors of one shape. */
export function choose(device: Device, condition: TensorInfo, t: TensorInfo, e: TensorInfo): TensorInfo {
  return device.call('Select', { condition, t, e });
}

/** Elementwise choice with broadcasting. */
const select: Kernel = (device, inputs, _, output) => {
  const plain = plainShape(device, output.shape);
  const [condition, t, e] = inputs.map((input) => device.view(spread(device, input, output.shape), plain)) as [
    TensorInfo,
    TensorInfo,
    TensorInfo,
  ];
  return choose(device, condition, t, e);
};

/** Whether elements are not zero. */
function truth(device: Device, x: TensorInfo, shape: Shape): TensorInfo {
  const zero = device.scalar(0, x.dtype as TensorType['dtype']);
  return device.call('NotEqual', { a: device.view(x, plainShape(device, shape)), b: zero });
}

/** Integers or bools as floats. */
export function toFloat(device: Device, x: TensorInfo): TensorInfo {
  return device.name === 'webgpu' ? floatsOnWebgpu(device, x) : device.call('Cast', { x }, { dtype: 'float32' });
}

/** Conversion between dtypes; to bool is `x != 0`. */
const cast: Kernel = (device, [x], { dtype }, output) => {
  const value = operand(device, x);
  if (dtype === 'bool') return truth(device, value, output.shape);
  return dtype === 'float32' ? toFloat(device, value) : device.call('Cast', { x: value }, { dtype });
};

/** Elementwise primitives of two or three operands, of every backend that has none of its own. */
export const arithmeticKernels: Readonly<Record<string, Kernel>> = {
  add: binary('Add'),
  sub: binary('Sub'),
  mul: binary('Multiply'),
  div: binary('RealDiv'),
  pow: binary('Pow'),
  mod: binary('Mod'),
  minimum: withNaN('Minimum'),
  maximum: withNaN('Maximum'),
  equal: withoutBools('Equal'),
  notEqual: withoutBools('NotEqual'),
  less: withoutBools('Less'),
  lessEqual: withoutBools('LessEqual'),
  greater: withoutBools('Greater'),
  greaterEqual: withoutBools('GreaterEqual'),
  logicalAnd: binary('LogicalAnd'),
  logicalOr: binary('LogicalOr'),
  select,
  cast,
};
