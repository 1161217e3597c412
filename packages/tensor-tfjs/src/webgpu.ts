import { sizeOf } from '@ebmkit/tensor';
import { operand } from './device.js';
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

const sortFunctions = `
fn precedes(a : f32, i : i32, b : f32, j : i32) -> bool {
  if (isnan(a) || isnan(b)) {
    if (isnan(a) && isnan(b)) { return i < j; }
    return isnan(b);
  }
  return a < b || (a == b && i < j);
}`;

/** Each element counts those that come before it in its line, and writes its position there: stable, and without reading back. */
const sortStatement = `
    let length = uniforms.aShape.y;
    let after = uniforms.aShape.z;
    let place = (index / after) % length;
    let start = index - place * after;
    let own = f32(A[index]);
    var rank = 0;
    for (var other = 0; other < length; other++) {
      if (precedes(f32(A[start + other * after]), other, own, place)) { rank++; }
    }
    result[start + rank * after] = place;`;

const argSort: Kernel = (device, [x], attributes, { shape }) => {
  const axis = attributes.axis as number;
  const lines = [sizeOf(shape.slice(0, axis)), shape[axis] as number, sizeOf(shape.slice(axis + 1))];
  const code = { functions: sortFunctions, statement: sortStatement };
  return runOnWebgpu(device, 'arg_sort', code, operand(device, x, lines), {
    shape: lines,
    dtype: 'int32',
  });
};

/** What the webgpu backend does its own way. */
export const webgpuKernels: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(Object.entries(gpuFunctions).map(([name, body]) => [name, unary(name, body)])),
  argSort,
};
