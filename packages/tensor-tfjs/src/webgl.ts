import type { BackendInput } from '@ebmkit/tensor';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { broadcastOperands } from './arithmetic.js';
import type { Device } from './device.js';
import { gpuFunctions } from './gpu-functions.js';
import { type Kernel, plainOperand } from './kernel.js';

/** A fragment program as the webgl backend takes it. */
interface Program {
  readonly variableNames: readonly string[];
  readonly outputShape: readonly number[];
  readonly userCode: string;
}

interface WebglStorage extends KernelBackend {
  readonly compileAndRun: (program: Program, inputs: readonly TensorInfo[], dtype: string) => TensorInfo;
}

/** WebGL 1 programs are given infinity as a uniform; in WebGL 2 it can be written down. */
const infinity = `
#if __VERSION__ == 300
#define INFINITY uintBitsToFloat(0x7f800000u)
#endif`;

function runProgram(device: Device, program: Program, inputs: readonly TensorInfo[]): TensorInfo {
  return device.scratch((device.storage as WebglStorage).compileAndRun(program, inputs, 'float32'));
}

/** A float function of one operand, from its body in `gpuFunctions`. */
function unary(body: string): Kernel {
  const userCode = `${infinity}
float apply(float x) {
  if (isnan(x)) { return x; }
  ${body.replaceAll('LET ', 'float ')}
}
void main() {
  setOutput(apply(getAAtOutCoords()));
}`;
  return (device, [x]) => {
    const a = plainOperand(device, x);
    return runProgram(device, { variableNames: ['A'], outputShape: a.shape, userCode }, [a]);
  };
}

/** The quotient; TensorFlow.js gives 1 for equal operands, also for 0 / 0 and infinities, whose quotient is NaN. */
const div: Kernel = (device, [left, right], _, output) => {
  const [a, b] = broadcastOperands(device, left as BackendInput, right as BackendInput, output.shape);
  const rank = Math.max(a.shape.length, b.shape.length);
  const length = (shape: readonly number[], axis: number): number => shape[axis - rank + shape.length] ?? 1;
  const outputShape = Array.from({ length: rank }, (__, axis) => {
    const [m, n] = [length(a.shape, axis), length(b.shape, axis)];
    return m === 1 ? n : m;
  });
  const userCode = `${infinity}
void main() {
  float a = getAAtOutCoords();
  float b = getBAtOutCoords();
  bool isOne = a == b && a != 0.0 && abs(a) != INFINITY;
  setOutput(isOne ? 1.0 : a / b);
}`;
  return runProgram(device, { variableNames: ['A', 'B'], outputShape, userCode }, [a, b]);
};

/** What the webgl backend does its own way. */
export const webglKernels: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(Object.entries(gpuFunctions).map(([name, body]) => [name, unary(body)])),
  div,
};
