import { gpuFunctions } from './gpu-functions.js';
import { type Kernel, plainOperand } from './kernel.js';
import { runOnWebgpu } from './webgpu-program.js';

/** A float function of one operand, from its body in `gpuFunctions`. */
function unary(name: string, body: string): Kernel {
  const functions = `
fn apply(x : f32) -> f32 {
  if (isnan(x)) { return x; }
  ${body.replaceAll('LET ', 'let ').replaceAll(/\b(NAN|INFINITY)\b/g, 'uniforms.$1')}
}`;
  return (device, [x]) => {
    const a = plainOperand(device, x);
    return runOnWebgpu(device, name, { functions, statement: 'result[index] = apply(A[index]);' }, a, {
      shape: a.shape,
      dtype: 'float32',
    });
  };
}

/** What the webgpu backend does its own way. */
export const webgpuKernels: Readonly<Record<string, Kernel>> = Object.fromEntries(
  Object.entries(gpuFunctions).map(([name, body]) => [name, unary(name, body)]),
);
