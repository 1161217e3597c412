import type { TensorInfo } from '@tensorflow/tfjs-core';
import { choose } from './arithmetic.js';
import type { Device } from './device.js';
import { chain, type Kernel, plainOperand } from './kernel.js';

type Operation = 'Add' | 'Sub' | 'Multiply' | 'RealDiv' | 'Less' | 'Greater' | 'LogicalAnd';

const apply = (device: Device, kernel: Operation, a: TensorInfo, b: TensorInfo): TensorInfo =>
  device.call(kernel, { a, b });

/**
 * $`2 \operatorname{artanh} t = \log \frac{1 + t}{1 - t}`$ for $`|t| \le 1/3`$, by seven terms of its series: to half an
 * ulp of float32, without the cancellation of $`\log(1 + x)`$.
 */
function twiceArtanh(device: Device, t: TensorInfo): TensorInfo {
  const square = apply(device, 'Multiply', t, t);
  let sum = device.scalar(2 / 15, 'float32');
  for (let n = 13; n > 0; n -= 2)
    sum = apply(device, 'Add', apply(device, 'Multiply', square, sum), device.scalar(2 / n, 'float32'));
  return apply(device, 'Multiply', sum, t);
}

/**
 * $`\max(x, 0) + \log(1 + e^{-|x|})`$. With $`s = \sigma(-|x|)`$ the logarithm is $`2 \operatorname{artanh}(s / (2 - s))`$,
 * accurate in both tails, where the Softplus kernels lose all digits.
 */
export const softplus: Kernel = (device, [input]) => {
  const x = plainOperand(device, input);
  const s = chain(device, x, 'Abs', 'Neg', 'Sigmoid');
  const t = apply(device, 'RealDiv', s, apply(device, 'Sub', device.scalar(2, 'float32'), s));
  return apply(device, 'Add', device.call('Relu', { x }), twiceArtanh(device, t));
};

/** $`\log(1 + x)`$: with $`t = x / (2 + x)`$ it is $`2 \operatorname{artanh} t`$ near zero, and the plain logarithm elsewhere. */
export const log1p: Kernel = (device, [input]) => {
  const x = plainOperand(device, input);
  const t = apply(device, 'RealDiv', x, apply(device, 'Add', x, device.scalar(2, 'float32')));
  const plain = device.call('Log', { x: apply(device, 'Add', x, device.scalar(1, 'float32')) });
  const above = apply(device, 'Greater', x, device.scalar(-0.5, 'float32'));
  const near = apply(device, 'LogicalAnd', above, apply(device, 'Less', x, device.scalar(1, 'float32')));
  return choose(device, near, twiceArtanh(device, t), plain);
};
