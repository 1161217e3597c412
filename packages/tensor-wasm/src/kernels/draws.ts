import { sizeOf } from '@ebmkit/tensor';
import type { I32 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { choose, i32, int } from '../assembler/scalar.js';
import { f32x4, i32x4 } from '../assembler/vector.js';
import { boxMuller } from './box-muller.js';
import { gammaRule } from './gamma.js';
import type { KernelRule } from './step-kernel.js';
import { nextWords, seedXoshiro, type XoshiroState, xoshiroState } from './xoshiro.js';

/** Values of one chunk, which has a stream of its own: see `bitsOf` of `@ebmkit/tensor`. */
const chunkLength = 4096;

/** Writes 16 values to an address. */
type Group = (f: FunctionBuilder, state: XoshiroState, address: I32) => void;

const bits: Group = (f, state, address) => {
  for (let i = 0; i < 4; i++) f.store(address, nextWords(f, state), 16 * i);
};

const uniforms: Group = (f, state, address) => {
  const unit = f.let(f.f32x4(2 ** -24));
  for (let i = 0; i < 4; i++) {
    const upper = i32x4.shrU(nextWords(f, state), int(8));
    f.store(address, f32x4.mul(f32x4.convertS(upper), unit), 16 * i);
  }
};

const normals: Group = (f, state, address) => {
  const words = [0, 1, 2, 3].map(() => nextWords(f, state));
  const groups = boxMuller(
    f,
    words.filter((_, i) => i % 2 === 0),
    words.filter((_, i) => i % 2 === 1),
  );
  for (const [i, value] of groups.flat().entries()) f.store(address, value, 16 * i);
};

/** A draw in chunks: each unit of work is one chunk, made alone. */
function chunked(nanosecondsPerValue: number, group: Group): KernelRule {
  return (_, __, output) => {
    const size = sizeOf(output.shape);
    return {
      scratch: 0,
      phases: [
        {
          units: Math.ceil(size / chunkLength),
          cost: size * nanosecondsPerValue,
          rowWise: { rows: size, perUnit: chunkLength, rowBytes: new Map([[1, 4]]) },
          write: (module) =>
            module.function(['i32', 'i32', 'i32', 'i32', 'i32'], undefined, (f) => {
              const [begin, end, keyAddress, out] = [f.parameter(0), f.parameter(1), f.parameter(2), f.parameter(3)];
              const key = [f.let(i32.load(keyAddress)), f.let(i32.load(keyAddress, 4))] as const;
              const state = xoshiroState(f);
              f.for(begin, end, 1, (chunk) => {
                seedXoshiro(f, state, key, chunk);
                const address = f.let(i32.add(out, i32.mul(chunk, int(4 * chunkLength))));
                const left = f.let(i32.sub(int(size), i32.mul(chunk, int(chunkLength))));
                const count = choose(i32.ltS(left, int(chunkLength)), left, int(chunkLength));
                const limit = f.let(i32.add(address, i32.mul(count, int(4))));
                f.doWhile(
                  () => {
                    group(f, state, address);
                    f.increase(address, 64);
                  },
                  () => i32.ltU(address, limit),
                );
              });
            }),
        },
      ],
    };
  };
}

/** The random draws. Whole groups of 16 values are stored, so up to 60 bytes after the last value are overwritten. */
export const drawRules: Readonly<Record<string, KernelRule>> = {
  randomBits: chunked(0.4, bits),
  randomUniform: chunked(0.5, uniforms),
  randomNormal: chunked(1.3, normals),
  randomGamma: gammaRule,
};
