import type { DType, Tensor } from '@ebmkit/tensor';
import * as ops from '@ebmkit/tensor';
import * as fc from 'fast-check';
import {
  arrays,
  bits,
  broadcastingArrays,
  type FloatDomain,
  floats,
  integers,
  type ValueLimits,
} from './host-array.js';
import type { PrimitiveCase, PrimitiveCases } from './primitive-case.js';
import type { Sample } from './sample.js';

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

const anywhere: FloatDomain = {};

function unarySample(f: Unary): (x: Parameters<Sample['compute']>[0]) => unknown {
  return ([x]) => f(x as Tensor);
}

/** A function of float tensors of every shape. */
function unary(f: Unary, domain: FloatDomain = anywhere): PrimitiveCase {
  return {
    samples: (limits) =>
      arrays('float32', floats(limits, domain)).map((x) => ({ inputs: [x], compute: unarySample(f) })),
  };
}

/** A function of float and int32 tensors. */
function numericUnary(f: Unary): PrimitiveCase {
  return {
    samples: (limits) =>
      fc
        .oneof(arrays('float32', floats(limits)), arrays('int32', integers(limits, 1e6)))
        .map((x) => ({ inputs: [x], compute: unarySample(f) })),
  };
}

function pair(f: Binary, a: fc.Arbitrary<number>, b: fc.Arbitrary<number>, dtype: DType): fc.Arbitrary<Sample> {
  return broadcastingArrays([
    { dtype, element: a },
    { dtype, element: b },
  ]).map((inputs) => ({ inputs, compute: ([x, y]) => f(x as Tensor, y as Tensor) }));
}

/** A tensor beside a number, on either side. */
function withLiteral(
  f: (a: Tensor | number, b: Tensor | number) => Tensor,
  element: fc.Arbitrary<number>,
): fc.Arbitrary<Sample> {
  return fc.tuple(arrays('float32', element), element, fc.boolean()).map(([x, literal, left]) => ({
    inputs: [x],
    compute: ([t]) => (left ? f(literal, t as Tensor) : f(t as Tensor, literal)),
    detail: { literal, left },
  }));
}

/** A function of two tensors that keeps integers. */
function arithmetic(
  f: (a: Tensor | number, b: Tensor | number) => Tensor,
  domain: FloatDomain = anywhere,
  integerSize = 1e6,
): PrimitiveCase {
  return {
    samples: (limits) =>
      fc.oneof(
        { weight: 4, arbitrary: pair(f, floats(limits, domain), floats(limits, domain), 'float32') },
        { weight: 2, arbitrary: pair(f, integers(limits, integerSize), integers(limits, integerSize), 'int32') },
        { weight: 1, arbitrary: withLiteral(f, floats(limits, domain)) },
      ),
  };
}

function integerFactor(limits: ValueLimits): number {
  return Math.min(4e4, Math.floor(Math.sqrt(limits.largestInteger)));
}

const multiplication: PrimitiveCase = {
  samples: (limits) =>
    fc.oneof(
      { weight: 4, arbitrary: pair(ops.mul, floats(limits), floats(limits), 'float32') },
      {
        weight: 2,
        arbitrary: pair(
          ops.mul,
          integers(limits, integerFactor(limits)),
          integers(limits, integerFactor(limits)),
          'int32',
        ),
      },
      { weight: 1, arbitrary: withLiteral(ops.mul, floats(limits)) },
    ),
};

const eighths = fc.integer({ min: -60, max: 60 }).map((n) => n / 8);

/** Quotients small enough that the remainder is exact in float32; no zero divisor among integers. */
const modulo: PrimitiveCase = {
  samples: (limits) =>
    fc.oneof(
      pair(
        ops.mod,
        eighths,
        eighths.map((x) => x || 0.5),
        'float32',
      ),
      pair(
        ops.mod,
        integers(limits, 1000),
        integers(limits, 30).map((n) => n || 7),
        'int32',
      ),
    ),
};

const powers: PrimitiveCase = {
  tolerance: { relative: 2e-5, absolute: 0 },
  samples: (limits) => {
    const base = floats(limits, { min: 0.001, max: 1000, special: false });
    const exponent = floats(limits, { min: -5, max: 5, special: false });
    const whole = fc.integer({ min: 0, max: 4 });
    return fc.oneof(
      pair(ops.pow, base, exponent, 'float32'),
      pair(ops.pow, floats(limits, { min: -20, max: 20, special: false }), whole, 'float32'),
      withLiteral(ops.pow, fc.constantFrom(0, 0.5, 1, 2, 3)),
    );
  },
};

const anyBit = (limits: ValueLimits) =>
  fc.oneof(
    arrays('bool', bits()).map((x): Sample => ({ inputs: [x], compute: unarySample(ops.logicalNot) })),
    arrays('float32', floats(limits)).map((x): Sample => ({ inputs: [x], compute: unarySample(ops.logicalNot) })),
  );

function logical(f: Binary): PrimitiveCase {
  return { samples: () => pair(f, bits(), bits(), 'bool') };
}

const selection: PrimitiveCase = {
  samples: (limits) =>
    fc
      .oneof(
        fc.constant({ dtype: 'float32' as const, element: floats(limits) }),
        fc.constant({ dtype: 'int32' as const, element: integers(limits, 1e6) }),
        fc.constant({ dtype: 'bool' as const, element: bits() }),
      )
      .chain((branch) =>
        broadcastingArrays([{ dtype: 'bool', element: bits() }, branch, branch]).map((inputs) => ({
          inputs,
          compute: ([c, a, b]) => ops.where(c as Tensor, a as Tensor, b as Tensor),
        })),
      ),
};

const casts: PrimitiveCase = {
  samples: (limits) =>
    fc
      .tuple(
        fc.oneof(
          arrays('float32', floats(limits, { min: -1e6, max: 1e6, special: false })),
          arrays('int32', integers(limits, 1e6)),
          arrays('bool', bits()),
        ),
        fc.constantFrom<DType>('float32', 'int32', 'bool'),
      )
      .map(([x, dtype]) => ({ inputs: [x], compute: ([t]) => ops.cast(t as Tensor, dtype), detail: { dtype } })),
};

/** Cases of elementwise primitives. */
export const elementwiseCases: PrimitiveCases = {
  neg: numericUnary(ops.neg),
  abs: numericUnary(ops.abs),
  sign: numericUnary(ops.sign),
  floor: unary(ops.floor),
  ceil: unary(ops.ceil),
  round: unary(ops.round),
  sqrt: unary(ops.sqrt),
  rsqrt: unary(ops.rsqrt),
  exp: unary(ops.exp, { min: -110, max: 100 }),
  expm1: unary(ops.expm1, { min: -110, max: 100 }),
  log: unary(ops.log),
  log1p: unary(ops.log1p),
  sin: { ...unary(ops.sin, { min: -100, max: 100 }), tolerance: { relative: 4e-6, absolute: 1e-6 } },
  cos: { ...unary(ops.cos, { min: -100, max: 100 }), tolerance: { relative: 4e-6, absolute: 1e-6 } },
  tanh: unary(ops.tanh),
  sigmoid: unary(ops.sigmoid),
  softplus: unary(ops.softplus),
  erf: unary(ops.erf),
  erfinv: unary(ops.erfinv, { min: -1.5, max: 1.5 }),
  isFinite: unary(ops.isFinite),
  isNaN: unary(ops.isNaN),
  stopGradient: numericUnary(ops.stopGradient),
  logicalNot: { samples: anyBit },
  add: arithmetic(ops.add),
  sub: arithmetic(ops.sub),
  mul: multiplication,
  div: {
    samples: (limits) =>
      fc.oneof(pair(ops.div, floats(limits), floats(limits), 'float32'), withLiteral(ops.div, floats(limits))),
  },
  pow: powers,
  mod: modulo,
  minimum: arithmetic(ops.minimum),
  maximum: arithmetic(ops.maximum),
  equal: arithmetic(ops.equal, { min: -3, max: 3 }, 2),
  notEqual: arithmetic(ops.notEqual, { min: -3, max: 3 }, 2),
  less: arithmetic(ops.less, { min: -3, max: 3 }, 2),
  lessEqual: arithmetic(ops.lessEqual, { min: -3, max: 3 }, 2),
  greater: arithmetic(ops.greater, { min: -3, max: 3 }, 2),
  greaterEqual: arithmetic(ops.greaterEqual, { min: -3, max: 3 }, 2),
  logicalAnd: logical(ops.logicalAnd),
  logicalOr: logical(ops.logicalOr),
  select: selection,
  cast: casts,
};
