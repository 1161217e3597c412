import {
  abs,
  add,
  div,
  EbmError,
  jit,
  mapTree,
  max,
  maximum,
  mul,
  sizeOf,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tree,
  tensorsOf,
} from '@ebmkit/tensor';
import { type RungeKutta, rungeKuttaStep, type VectorField } from './runge-kutta.js';
import type { Tolerance } from './step-control.js';

/** The root of the mean square of all numbers of a tree. */
function rootMeanSquare(tree: Tree): Tensor {
  const tensors = tensorsOf(tree);
  const total = tensors.map((x) => sum(square(x))).reduce((a, b) => add(a, b));
  return sqrt(
    div(
      total,
      tensors.reduce((count, { shape }) => count + sizeOf(shape), 0),
    ),
  );
}

/** What is tolerated, as numbers. */
interface Scale {
  readonly relative: number;
  readonly absolute: number;
}

/** A tree in units of what is tolerated at states of the size of two others. */
function inUnits<X extends Tree>(tree: X, a: X, b: X, { relative, absolute }: Scale): X {
  return mapTree((e, p, q) => div(e, add(mul(maximum(abs(p), abs(q)), relative), absolute)), tree, a, b);
}

/** The tolerance with its defaults, checked. */
export function checkedTolerance({ relative = 1e-4, absolute = 1e-6 }: Tolerance = {}): Scale {
  if (!(relative >= 0 && absolute >= 0 && relative + absolute > 0))
    throw new EbmError(
      'argument',
      `solveOde: tolerances must be at least 0 and not both 0, got relative ${relative} and absolute ${absolute}.`,
    );
  return { relative, absolute };
}

/** The programs of a solution, compiled. */
export function compilePrograms<X extends Tree>(field: VectorField<X>, method: RungeKutta, scale: Scale) {
  return {
    velocity: jit((time: Tensor, x: X): X => mapTree((v) => add(v, 0), field(time, x))),
    step: jit((time: Tensor, h: Tensor, x: X, velocity: X) => {
      const next = rungeKuttaStep(method, field, time, x, velocity, h);
      const ratio = next.error
        ? rootMeanSquare(inUnits(next.error, x, next.x, scale))
        : tensorsOf(next.x)
            .map((y) => max(abs(y)))
            .reduce((a, b) => maximum(a, b));
      return { x: next.x, velocity: next.velocity, ratio };
    }),
    /** The sizes of states, velocities and the change of velocities over a small step, in units of what is tolerated. */
    sizes: jit((time: Tensor, h: Tensor, x: X, velocity: X) => {
      const moved = mapTree((a, v) => add(a, mul(v, h)), x, velocity);
      const change = mapTree((a, b) => sub(a, b), field(add(time, h), moved), velocity);
      return [x, velocity, change].map((tree) => rootMeanSquare(inUnits(tree, x, x, scale)));
    }),
  };
}

/** The compiled programs. */
export type Programs<X extends Tree> = ReturnType<typeof compilePrograms<X>>;
