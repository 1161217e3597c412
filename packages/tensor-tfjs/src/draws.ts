import { type BackendInput, bitsOf, fillGamma, fillNormal, fillUniform, sizeOf } from '@ebmkit/tensor';
import { operand } from './device.js';
import type { Kernel } from './kernel.js';

type Words = readonly [number, number];

/** Draws are made on the host, with the generators of `@ebmkit/tensor`, so that their bits are those of every backend. */
function draw(fill: (words: Words, out: Float32Array) => void): Kernel {
  return (device, [key], _, { shape, dtype }) => {
    const out = new Float32Array(sizeOf(shape));
    fill((key as BackendInput & { kind: 'key' }).words, out);
    return device.store(out, shape, dtype);
  };
}

/** The shape parameters are read back: each value takes as many draws as it rejects. */
const randomGamma: Kernel = (device, [key, alpha], _, { shape, dtype }) => {
  const out = new Float32Array(sizeOf(shape));
  const parameter = alpha as BackendInput & { kind: 'tensor' | 'literal' };
  const given = parameter.kind === 'literal' ? [parameter.value] : device.load(operand(device, parameter));
  const alphas = given.length === out.length ? given : new Float64Array(out.length).fill(given[0] as number);
  fillGamma((key as BackendInput & { kind: 'key' }).words, alphas, out);
  return device.store(out, shape, dtype);
};

/** Random primitives. */
export const drawKernels: Readonly<Record<string, Kernel>> = {
  randomBits: (device, [key], _, { shape, dtype }) =>
    device.store(bitsOf((key as BackendInput & { kind: 'key' }).words, sizeOf(shape)), shape, dtype),
  randomUniform: draw(fillUniform),
  randomNormal: draw(fillNormal),
  randomGamma,
};
