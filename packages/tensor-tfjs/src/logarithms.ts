import type { TensorInfo } from '@tensorflow/tfjs-core';
import { choose } from './arithmetic.js';
import type { Device } from './device.js';
import { chain, type Kernel, plainOperand, scalar } from './kernel.js';

type Operation = 'Add' | 'Sub' | 'Multiply' | 'RealDiv' | 'Less' | 'Greater' | 'LogicalAnd';

const apply = (device: Device, kernel: Operation, a: TensorInfo, b: TensorInfo): TensorInfo =>
  device.call(kernel, { a, b });

/**
 * $`2 \operatorname{artanh} t = \log \frac{1 + t}{1 - t}`$ for $`|t| \le 1/3`$, by seven terms of its series: to half an
 * ulp of float32, without the cancellation of $`\log(1 + x)`$.
 */
function twiceArtanh(device: Device, t: TensorInfo): TensorInfo {
  const square = apply(device, 'Multiply', t, t);
  let sum = scalar(device, 2 / 15);
  for (let n = 13; n > 0; n -= 2)
    sum = apply(device, 'Add', apply(device, 'Multiply', square, sum), scalar(device, 2 / n));
  return apply(device, 'Multiply', sum, t);
}

/**
 * $`\max(x, 0) + \log(1 + e^{-|x|})`$. With $`s = \sigma(-|x|)`$ the logarithm is $`2 \operatorname{artanh}(s / (2 - s))`$,
 * accurate in both tails, where the Softplus kernels lose all digits.
 */
export const softplus: Kernel = (device, [input]) => {
  const x = plainOperand(device, input);
  const s = chain(device, x, 'Abs', 'Neg', 'Sigmoid');
  const t = apply(device, 'RealDiv', s, apply(device, 'Sub', scalar(device, 2), s));
  return apply(device, 'Add', device.call('Relu', { x }), twiceArtanh(device, t));
};

/** $`\log(1 + x)`$: with $`t = x / (2 + x)`$ it is $`2 \operatorname{artanh} t`$ near zero, and the plain logarithm elsewhere. */
export const log1p: Kernel = (device, [input]) => {
  const x = plainOperand(device, input);
  const t = apply(device, 'RealDiv', x, apply(device, 'Add', x, scalar(device, 2)));
  const plain = device.call('Log', { x: apply(device, 'Add', x, scalar(device, 1)) });
  const above = apply(device, 'Greater', x, scalar(device, -0.5));
  const near = apply(device, 'LogicalAnd', above, apply(device, 'Less', x, scalar(device, 1)));
  return choose(device, near, twiceArtanh(device, t), plain);
};
