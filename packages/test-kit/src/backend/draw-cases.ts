import * as ops from '@ebmkit/tensor';
import { type Key, key, type Shape, type Tensor } from '@ebmkit/tensor';
import * as fc from 'fast-check';
import { arrayOf, shapes } from './host-array.js';
import type { PrimitiveCase, PrimitiveCases } from './primitive-case.js';

const keys = fc.oneof(
  fc.maxSafeNat().map((seed) => ({ seed, key: key(seed) })),
  fc.constant({ seed: 0, key: key(0) }),
);

/** Small shapes, and shapes that reach past the chunks of 4,096 values. */
const drawShapes: fc.Arbitrary<Shape> = fc.oneof(
  { weight: 3, arbitrary: shapes() },
  { weight: 1, arbitrary: fc.constantFrom<Shape>([4095], [4096], [4097], [3, 2731], [8200], [12_293]) },
);

function draw(f: (key: Key, shape: Shape) => Tensor): PrimitiveCase['samples'] {
  return () =>
    fc.tuple(keys, drawShapes).map(([{ seed, key: k }, shape]) => ({
      inputs: [],
      compute: () => f(k, shape),
      detail: { seed, shape },
    }));
}

const gammas: PrimitiveCase['samples'] = () =>
  fc.tuple(keys, shapes(0, 3)).chain(([{ seed, key: k }, shape]) =>
    arrayOf(shape, 'float32', fc.constantFrom(0.125, 0.5, 1, 1.5, 4, 100)).map((alpha) => ({
      inputs: [alpha],
      compute: ([a]) => ops.gamma(k, a as Tensor),
      detail: { seed },
    })),
  );

const exact = { relative: 0, absolute: 0 };

/** Cases of draws: bits and uniforms equal to the bit, the rest to a few ulp of the largest intermediate value. */
export const drawCases: PrimitiveCases = {
  randomBits: { samples: draw(ops.randomBits), tolerance: exact },
  randomUniform: { samples: draw(ops.uniform), tolerance: exact },
  randomNormal: { samples: draw(ops.normal), tolerance: { relative: 5e-7, absolute: 2e-6 } },
  randomGamma: { samples: gammas, tolerance: { relative: 5e-6, absolute: 0 } },
};
